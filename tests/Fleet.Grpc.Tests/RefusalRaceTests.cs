using System.Collections.Concurrent;
using Fleet.Testing.Seeds;
using Grpc.Core;
using Grpc.Tests.Support;
using Xunit.Abstractions;

namespace Grpc.Tests;

/// <summary>A server that refuses a stream at its first message, as a hub does with a malformed Hello: the client always learns why.</summary>
public class RefusalRaceTests(ITestOutputHelper output)
{
    [Fact]
    public async Task FirstMessageRefused_StreamStaysOpenOrIsWrittenTo_StatusIsNeverLost()
    {
        var seed = TestSeed.For(output.WriteLine);
        await using var server = await EchoServer.StartAsync(
            new EchoScript
            {
                Both = async (requests, _, _) =>
                {
                    await requests.MoveNext();
                    throw new RpcException(new Status(StatusCode.InvalidArgument, "malformed"));
                },
            },
            kestrel: options => options.Limits.Http2.MaxStreamsPerConnection = 10_000);
        var client = server.Client();
        var results = new ConcurrentDictionary<string, int>();
        await Parallel.ForEachAsync(Enumerable.Range(0, 3000), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (run, _) =>
        {
            var random = seed.Random(run);
            using var call = client.Both();
            var write = await Record.ExceptionAsync(() => call.RequestStream.WriteAsync(new EchoRequest { Text = "hello" }));
            Thread.SpinWait(random.Next(5_000));
            var more = random.Next(2) == 0 ? await Record.ExceptionAsync(() => call.RequestStream.WriteAsync(new EchoRequest { Text = "more" })) : null;
            var read = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext().Soon());
            foreach (var seen in new[] { write, more, read }.OfType<Exception>())
            {
                results.AddOrUpdate(seen is RpcException rpc ? $"{rpc.Status.StatusCode}: {rpc.Status.Detail}" : seen.GetType().Name, 1, (_, count) => count + 1);
            }
        });

        foreach (var (what, count) in results)
        {
            output.WriteLine($"{what}: {count}");
        }

        Assert.Equal(["InvalidArgument: malformed"], results.Keys);
    }
}
