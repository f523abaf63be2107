using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Tests.Support;

namespace Grpc.Tests;

/// <summary>Servers that stop, streams without end, limits and deadlines, with @grpc/grpc-js on the other side.</summary>
public class InteropDrainTests
{
    [Fact]
    public async Task StockServer_Drains_OurLiveStreamEndsWell()
    {
        await using var peer = await NodePeer.StartAsync("server.js");
        using var channel = await ChannelAsync(peer);
        using var call = new Echo.EchoClient(channel).Both();
        await EchoAsync(call, "before");

        await peer.TellAsync("drain");
        await EchoAsync(call, "after");
        await call.RequestStream.CompleteAsync();

        Assert.False(await call.ResponseStream.MoveNext().Soon());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        await peer.LineAsync(line => line == "drained");
    }

    [Fact]
    public async Task OurServer_Drains_TheStockClientsLiveStreamEndsWell()
    {
        var (started, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Both = async (_, responses, _) =>
            {
                started.SetResult();
                await release.Task;
                await responses.WriteAsync(new EchoResponse { Text = "last" });
            },
        });
        await using var peer = await NodePeer.StartAsync("idle.js", $"127.0.0.1:{server.Address.Port}");
        await started.Task.Soon();

        var stopping = server.StopAsync();
        release.SetResult();

        await peer.LineAsync(line => line == "message last");
        await peer.LineAsync(line => line == "status 0");
        await stopping.Soon();
    }

    [Fact]
    public async Task StockClient_MoreCallsThanStreamsThenHugeHeaders_FailsTheLatterAlone()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript(), kestrel: options => options.Limits.Http2.MaxStreamsPerConnection = 2);
        await using var peer = await NodePeer.StartAsync("many.js", $"127.0.0.1:{server.Address.Port}", "40");

        await peer.LineAsync(line => line == "answered 40");
        await peer.LineAsync(line => line.StartsWith("overflow error ", StringComparison.Ordinal));
        await peer.LineAsync(line => line == "after after");
    }

    [Fact]
    public async Task HugeHeaders_OfOurClient_FailThatCallAlone()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        var client = server.Client();
        var huge = new Metadata();
        for (var i = 0; i < 12; i++)
        {
            huge.Add($"x-{i}", new string('a', 8000));
        }

        await Patience.FailsAsync(() => client.UnaryAsync(new EchoRequest(), huge).ResponseAsync);
        Assert.Equal("after", (await client.UnaryAsync(new EchoRequest { Text = "after" }).Soon()).Text);
    }

    [Fact]
    public async Task Deadline_ThroughOurServerToAStockOne_ArrivesShortened()
    {
        await using var peer = await NodePeer.StartAsync("server.js");
        using var channel = await ChannelAsync(peer);
        await using var front = await EchoServer.StartAsync(new EchoScript
        {
            Unary = async (request, context) =>
            {
                // What the front server needs for itself is not there for the next one.
                await Task.Delay(50, context.CancellationToken);
                return await new Echo.EchoClient(channel).UnaryAsync(request, deadline: context.Deadline, cancellationToken: context.CancellationToken);
            },
        });

        var response = await front.Client().UnaryAsync(new EchoRequest { Text = "deadline" }, deadline: DateTime.UtcNow.AddSeconds(15)).Soon();

        Assert.InRange(double.Parse(response.Text, CultureInfo.InvariantCulture), 1, 14_951);
    }

    [Fact]
    public async Task OneStreamWithAStockServer_HundredMegabytesEachWay_Arrive()
    {
        await using var peer = await NodePeer.StartAsync("server.js");
        using var channel = await ChannelAsync(peer);
        using var call = new Echo.EchoClient(channel).Both();
        var payload = ByteString.CopyFrom(new byte[1 << 20]);
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await call.RequestStream.WriteAsync(new EchoRequest { Payload = payload });
            }

            await call.RequestStream.CompleteAsync();
        });
        long received = 0;
        while (await call.ResponseStream.MoveNext().Soon())
        {
            received += call.ResponseStream.Current.Payload.Length;
        }

        await writing.Soon();
        Assert.Equal(100L << 20, received);
    }

    private static async Task<GrpcChannel> ChannelAsync(NodePeer peer) =>
        GrpcChannel.ForAddress($"http://127.0.0.1:{(await peer.LineAsync(line => line.StartsWith("port ", StringComparison.Ordinal)))["port ".Length..]}");

    private static async Task EchoAsync(AsyncDuplexStreamingCall<EchoRequest, EchoResponse> call, string text)
    {
        await call.RequestStream.WriteAsync(new EchoRequest { Text = text }).Soon();
        Assert.True(await call.ResponseStream.MoveNext().Soon());
        Assert.Equal(text, call.ResponseStream.Current.Text);
    }
}
