using System.Net;
using Fleet.Bench.Benches;
using Fleet.Bench.Figures;
using Fleet.Bench.Rig;

namespace Fleet.Bench.Load;

/// <summary>Several connections with several requests in flight on each; measures rate, latency, and both sides' processor time.</summary>
internal sealed class ApiLoad : IDisposable
{
    private const int BufferBytes = 64 * 1024;
    private readonly ApiServerProcess _server;
    private readonly ApiConnection[] _connections;
    private readonly int _inFlight;

    public ApiLoad(ApiServerProcess server, int cluster, int connections, int inFlight, Version version)
    {
        _server = server;
        _inFlight = inFlight;
        // A pool of HTTP/1.1 grows to one connection per request in flight by itself.
        _connections = [.. Enumerable.Range(0, version == HttpVersion.Version11 ? 1 : connections).Select(_ => new ApiConnection(server.Clusters[cluster], version))];
        Width = connections * inFlight;
    }

    /// <summary>Requests in flight at the same time.</summary>
    public int Width { get; }

    public Task<ApiFigures> RunAsync(IReadOnlyList<ApiCall> calls, CancellationToken cancellationToken) => RunAsync(calls, Width, cancellationToken);

    /// <summary>One request after the other: what a lone client sees.</summary>
    public Task<ApiFigures> RunAloneAsync(IReadOnlyList<ApiCall> calls, CancellationToken cancellationToken) => RunAsync(calls, 1, cancellationToken);

    public void Dispose()
    {
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }
    }

    private async Task<ApiFigures> RunAsync(IReadOnlyList<ApiCall> calls, int width, CancellationToken cancellationToken)
    {
        var times = new TimeSpan[calls.Count];
        var (next, bytes) = (-1, 0L);
        var (serverBefore, clientBefore) = (_server.Processor, ProcessMemory.Processor(Environment.ProcessId));
        var started = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, width).Select(lane => Task.Run(() => LaneAsync(_connections[lane % _connections.Length]), cancellationToken)));
        var took = TimeProvider.System.GetElapsedTime(started);
        return new ApiFigures(times, took, _server.Processor - serverBefore, ProcessMemory.Processor(Environment.ProcessId) - clientBefore, bytes);

        async Task LaneAsync(ApiConnection connection)
        {
            var buffer = new byte[BufferBytes];
            int index;
            while ((index = Interlocked.Increment(ref next)) < calls.Count)
            {
                var sent = TimeProvider.System.GetTimestamp();
                var length = await connection.SendAsync(calls[index], buffer, cancellationToken);
                times[index] = TimeProvider.System.GetElapsedTime(sent);
                Interlocked.Add(ref bytes, length);
            }
        }
    }
}

/// <summary>What a number of requests took.</summary>
internal sealed record ApiFigures(IReadOnlyCollection<TimeSpan> Times, TimeSpan Took, TimeSpan ServerProcessor, TimeSpan ClientProcessor, long Bytes)
{
    public double Rate => Times.Count / Took.TotalSeconds;

    public void AddTo(BenchRun run, string name, double? atLeast = null)
    {
        run.Add(name, Rate, "/s", atLeast: atLeast);
        run.Add("… latency, p50", Percentiles.Of(Times, 0.50).TotalMilliseconds, "ms");
        run.Add("… latency, p99", Percentiles.Of(Times, 0.99).TotalMilliseconds, "ms");
        run.Add("… processor time: server, each", ServerProcessor.TotalMicroseconds / Times.Count, "µs");
        run.Add("… processor time: client, each", ClientProcessor.TotalMicroseconds / Times.Count, "µs");
    }
}
