using Grpc.Core;
using Grpc.Tests.Support;
using Grpc.Tests.Support.Http2;

namespace Grpc.Tests;

/// <summary>More streams than the peer allows: they wait, or take a new connection; none fails for it.</summary>
public class StreamLimitTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task MoreCallsThanStreams_OpenAtOnce_AllAreAnswered(bool severalConnections)
    {
        await using var server = await EchoServer.StartAsync(new EchoScript(), kestrel: options => options.Limits.Http2.MaxStreamsPerConnection = 3);
        var client = server.Client(options => options.HttpHandler = severalConnections ? null : new SocketsHttpHandler { EnableMultipleHttp2Connections = false });

        var texts = await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
        {
            using var call = client.Both();
            await call.RequestStream.WriteAsync(new EchoRequest { Text = $"{i}" });
            Assert.True(await call.ResponseStream.MoveNext());
            var text = call.ResponseStream.Current.Text;
            await call.RequestStream.CompleteAsync();
            Assert.False(await call.ResponseStream.MoveNext());
            return text;
        })).Soon();

        Assert.Equal(Enumerable.Range(0, 60).Select(i => $"{i}"), texts);
    }

    [Fact]
    public async Task LongStreams_AsManyAsOneConnectionAllows_LeaveRoomForOthers()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript(), kestrel: options => options.Limits.Http2.MaxStreamsPerConnection = 2);
        var client = server.Client();
        var held = new List<AsyncDuplexStreamingCall<EchoRequest, EchoResponse>>();
        for (var i = 0; i < 10; i++)
        {
            var call = client.Both();
            await call.RequestStream.WriteAsync(new EchoRequest { Text = "open" }).Soon();
            Assert.True(await call.ResponseStream.MoveNext().Soon());
            held.Add(call);
        }

        Assert.Equal("through", (await client.UnaryAsync(new EchoRequest { Text = "through" }).Soon()).Text);
        held.ForEach(call => call.Dispose());
    }

    [Fact]
    public async Task QueuedCall_DeadlinePasses_EndsWithoutHavingBeenSent()
    {
        await using var server = new RawServer();
        var client = server.Client(options => options.HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = false });
        using var first = client.Both();
        var peer = await server.AcceptAsync((RawServer.MaxConcurrentStreams, 1));
        await peer.NextAsync(FrameType.Headers, 1);
        await peer.AnswerAsync(1);
        await first.ResponseHeadersAsync.Soon();

        await Patience.FailsAsync(StatusCode.DeadlineExceeded, () => client.UnaryAsync(new EchoRequest(), deadline: DateTime.UtcNow.AddMilliseconds(200)).ResponseAsync);
        await peer.StatusAsync(1);
        Assert.False(await first.ResponseStream.MoveNext().Soon());
        var next = client.UnaryAsync(new EchoRequest { Text = "next" }).Soon();

        // Stream 3 is this one's: the one that gave up never was on the wire.
        Assert.Contains("next", (await peer.NextAsync(FrameType.Data, 3)).Text);
        await peer.RespondAsync(3, RawPeer.Frame(new EchoResponse { Text = "x" }));
        await next;
    }

    [Fact]
    public async Task StockServer_WithFewStreams_AnswersAll()
    {
        await using var peer = await NodePeer.StartAsync("server.js", "2");
        var port = (await peer.LineAsync(line => line.StartsWith("port ", StringComparison.Ordinal)))["port ".Length..];
        using var channel = Net.Client.GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var client = new Echo.EchoClient(channel);

        var texts = await Task.WhenAll(Enumerable.Range(0, 40).Select(async i => (await client.UnaryAsync(new EchoRequest { Text = $"{i}" })).Text)).Soon();

        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{i}"), texts);
    }
}
