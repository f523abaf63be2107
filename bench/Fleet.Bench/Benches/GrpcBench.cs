using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using Fleet.Bench.Figures;
using Fleet.Bench.Rig;
using Fleet.Bench.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Bench.Benches;

/// <summary>The gRPC layer beside plain Kestrel and HttpClient with the same bytes: both ends in this process, over loopback, rounds taken in turn.</summary>
internal sealed class GrpcBench : IBench
{
    private const int Size = 100;

    public string Name => "grpc";

    public string Summary => "calls, messages, memory and allocations of the gRPC layer beside plain HTTP/2";

    public async Task RunAsync(BenchRun run, CancellationToken cancellationToken)
    {
        await using var server = await WireServer.StartAsync(cancellationToken);
        Func<IWire>[] wires = [() => new GrpcWire(server.Address, Size), () => new PlainWire(server.Address, Frame())];
        await using var grpc = wires[0]();
        await using var plain = wires[1]();
        IWire[] pair = [grpc, plain];
        var (rounds, calls, messages) = run.Quick ? (2, 500, 5_000) : (5, 20_000, 200_000);
        foreach (var wire in pair)
        {
            await CallsAsync(wire, 20, calls / 2, cancellationToken);
            await wire.StreamAsync(messages / 4, cancellationToken);
        }

        run.Progress("warm");
        foreach (var atOnce in new[] { 1, 100 })
        {
            Add(run, $"unary calls, {atOnce} at once", await InTurnAsync(pair, rounds, wire => CallsAsync(wire, atOnce, atOnce == 1 ? calls / 4 : calls, cancellationToken)), latencies: true);
        }

        Add(run, "messages on a duplex stream", await InTurnAsync(pair, rounds, wire => StreamAsync(wire, messages, cancellationToken)), latencies: false);
        await IdleAsync(run, wires, run.Quick ? 500 : 10_000, cancellationToken);
        run.Note($"Messages of {Size} bytes, each flushed, echoed by one Kestrel without TLS; client and server share the process. Rounds of both in turn, the medians of {rounds}. Allocations are of both ends together.");
        run.Note("Plain: HttpClient against an endpoint that copies bytes and knows no messages, status or metadata. On the way back it may join several messages into one read, write and flush; gRPC reads, parses, serializes and flushes each.");
    }

    private static byte[] Frame()
    {
        var payload = new BytesValue { Value = ByteString.CopyFrom(new byte[Size]) }.ToByteArray();
        var frame = new byte[payload.Length + 5];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), payload.Length);
        payload.CopyTo(frame, 5);
        return frame;
    }

    private static async Task<Round[][]> InTurnAsync(IWire[] wires, int rounds, Func<IWire, Task<Round>> measure)
    {
        var all = wires.Select(_ => new Round[rounds]).ToArray();
        for (var i = 0; i < rounds; i++)
        {
            for (var w = 0; w < wires.Length; w++)
            {
                // Not always the same one first, which would have the other's garbage to clear away.
                var turn = (w + i) % wires.Length;
                GC.Collect();
                all[turn][i] = await measure(wires[turn]);
            }
        }

        return all;
    }

    private static async Task<Round> CallsAsync(IWire wire, int atOnce, int calls, CancellationToken cancellationToken)
    {
        var times = new ConcurrentBag<TimeSpan>();
        var left = calls;
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Task.Run(
            async () =>
            {
                var own = new List<TimeSpan>(calls / atOnce * 2);
                while (Interlocked.Decrement(ref left) >= 0)
                {
                    var begun = Stopwatch.GetTimestamp();
                    await wire.CallAsync(cancellationToken);
                    own.Add(Stopwatch.GetElapsedTime(begun));
                }

                own.ForEach(times.Add);
            },
            cancellationToken)));
        var took = Stopwatch.GetElapsedTime(started);
        return new Round(calls / took.TotalSeconds, (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)calls, Percentiles.Of(times, 0.5), Percentiles.Of(times, 0.99));
    }

    private static async Task<Round> StreamAsync(IWire wire, int messages, CancellationToken cancellationToken)
    {
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var started = Stopwatch.GetTimestamp();
        await wire.StreamAsync(messages, cancellationToken);
        var took = Stopwatch.GetElapsedTime(started);
        return new Round(messages / took.TotalSeconds, (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)messages, default, default);
    }

    private static void Add(BenchRun run, string what, Round[][] rounds, bool latencies)
    {
        var (grpc, plain) = (Median(rounds[0]), Median(rounds[1]));
        run.Add($"{what}: gRPC", grpc.PerSecond, "/s");
        run.Add("  plain HTTP/2", plain.PerSecond, "/s");
        run.Add("  gRPC of plain", grpc.PerSecond / plain.PerSecond, "×");
        if (latencies)
        {
            run.Add("  gRPC p50", grpc.P50.TotalMicroseconds, "µs");
            run.Add("  gRPC p99", grpc.P99.TotalMicroseconds, "µs");
            run.Add("  plain p50", plain.P50.TotalMicroseconds, "µs");
            run.Add("  plain p99", plain.P99.TotalMicroseconds, "µs");
        }

        run.Add("  gRPC allocates", grpc.Allocated, "B each");
        run.Add("  plain allocates", plain.Allocated, "B each");
    }

    private static Round Median(Round[] rounds) => new(
        rounds.Select(r => r.PerSecond).Order().ElementAt(rounds.Length / 2),
        rounds.Select(r => r.Allocated).Order().ElementAt(rounds.Length / 2),
        rounds.Select(r => r.P50).Order().ElementAt(rounds.Length / 2),
        rounds.Select(r => r.P99).Order().ElementAt(rounds.Length / 2));

    private static async Task IdleAsync(BenchRun run, Func<IWire>[] wires, int streams, CancellationToken cancellationToken)
    {
        var heaps = new List<double>();
        foreach (var make in wires)
        {
            await using var wire = make();
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => wire.CallAsync(cancellationToken)));
            var (heap, anonymous) = Rest();
            var open = new List<IDisposable>(streams);
            while (open.Count < streams)
            {
                open.AddRange(await Task.WhenAll(Enumerable.Range(0, Math.Min(50, streams - open.Count)).Select(_ => wire.OpenAsync(cancellationToken))));
            }

            var (heapAfter, anonymousAfter) = Rest();
            heaps.Add((heapAfter - heap) / streams / 1024);
            run.Add($"an idle stream of {streams}, both ends, heap: {wire.Name}", heaps[^1], "KiB");
            run.Add("  anonymous memory of the process", (anonymousAfter - anonymous) * 1024 / streams, "KiB");
            open.ForEach(stream => stream.Dispose());
            run.Progress($"{streams} idle streams of {wire.Name}");
        }

        run.Add("  gRPC of plain, heap", heaps[0] / heaps[1], "×");
    }

    private static (double Heap, double Anonymous) Rest()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return (GC.GetTotalMemory(forceFullCollection: true), ProcessMemory.Of(Environment.ProcessId).Anonymous);
    }

    private readonly record struct Round(double PerSecond, double Allocated, TimeSpan P50, TimeSpan P99);
}
