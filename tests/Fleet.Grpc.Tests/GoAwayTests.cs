using Grpc.Core;
using Grpc.Tests.Support;
using Grpc.Tests.Support.Http2;

namespace Grpc.Tests;

/// <summary>A server that goes away, or refuses streams: what it certainly did not process is tried once more, and nothing else.</summary>
public class GoAwayTests
{
    private const int RefusedStream = 0x7;

    private static readonly byte[] s_message = RawPeer.Frame(new EchoResponse { Text = "x" });

    [Fact]
    public async Task GoAway_StreamsUpToTheLast_GoOnAndFinish()
    {
        await using var server = new RawServer();
        using var call = server.Client().Both();
        var peer = await server.AcceptAsync();
        await peer.NextAsync(FrameType.Headers, 1);

        await peer.GoAwayAsync(lastStream: 1);
        await peer.AnswerAsync(1);
        await peer.DataAsync(1, s_message);
        Assert.True(await call.ResponseStream.MoveNext().Soon());
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "after" }).Soon();
        Assert.Contains("after", (await peer.NextAsync(FrameType.Data, 1)).Text);
        await peer.StatusAsync(1);

        Assert.False(await call.ResponseStream.MoveNext().Soon());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task GoAway_WithALiveStream_NewCallsTakeANewConnection()
    {
        await using var server = new RawServer();
        var client = server.Client();
        using var live = client.Both();
        var old = await server.AcceptAsync();
        await old.NextAsync(FrameType.Headers, 1);
        await old.GoAwayAsync(lastStream: 1);
        await old.AnswerAsync(1);
        await live.ResponseHeadersAsync.Soon();

        var next = client.UnaryAsync(new EchoRequest()).Soon();
        var fresh = await server.AcceptAsync();
        await fresh.NextAsync(FrameType.Headers, 1);
        await fresh.RespondAsync(1, s_message);

        Assert.Equal("x", (await next).Text);
        await old.StatusAsync(1);
        Assert.False(await live.ResponseStream.MoveNext().Soon());
    }

    [Fact]
    public async Task GoAway_StreamAboveTheLast_IsRetriedOnce()
    {
        await using var server = new RawServer();
        var call = server.Client().UnaryAsync(new EchoRequest { Text = "again" }).Soon();
        var old = await server.AcceptAsync();
        await old.NextAsync(frame => frame.EndsStream);
        await old.GoAwayAsync(lastStream: 0);

        var fresh = await server.AcceptAsync();
        Assert.Contains("again", (await fresh.NextAsync(FrameType.Data, 1)).Text);
        await fresh.RespondAsync(1, s_message);

        Assert.Equal("x", (await call).Text);
    }

    [Fact]
    public async Task GoAway_StreamAboveTheLastThatWasWrittenTo_IsRepeatedWholeAndGoesOn()
    {
        await using var server = new RawServer();
        using var call = server.Client().Both();
        var old = await server.AcceptAsync();
        foreach (var text in new[] { "one", "two" })
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = text }).Soon();
            Assert.Contains(text, (await old.NextAsync(FrameType.Data, 1)).Text);
        }

        await old.GoAwayAsync(lastStream: 0);
        var fresh = await server.AcceptAsync();
        var repeated = "";
        while (!repeated.Contains("two", StringComparison.Ordinal))
        {
            repeated += (await fresh.NextAsync(FrameType.Data, 1)).Text;
        }

        await call.RequestStream.WriteAsync(new EchoRequest { Text = "three" }).Soon();
        Assert.Contains("three", (await fresh.NextAsync(FrameType.Data, 1)).Text);
        await call.RequestStream.CompleteAsync().Soon();
        await fresh.NextAsync(frame => frame.EndsStream);
        await fresh.RespondAsync(1, s_message);

        Assert.True(repeated.IndexOf("one", StringComparison.Ordinal) is >= 0 and var one && one < repeated.IndexOf("two", StringComparison.Ordinal), repeated);
        Assert.True(await call.ResponseStream.MoveNext().Soon());
        Assert.False(await call.ResponseStream.MoveNext().Soon());
    }

    [Fact]
    public async Task RefusedStream_MoreWrittenThanIsKept_IsUnavailableAndNotRepeated()
    {
        await using var server = new RawServer();
        using var call = server.Client().Both();
        var peer = await server.AcceptAsync();
        await peer.NextAsync(FrameType.Headers, 1);
        await peer.WindowAsync(0, 1 << 24);
        await peer.WindowAsync(1, 1 << 24);
        var chunk = Google.Protobuf.ByteString.CopyFrom(new byte[100_000]);
        for (var i = 0; i < 3; i++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Payload = chunk }).Soon();
        }

        await peer.ResetAsync(1, RefusedStream);

        await Patience.FailsAsync(StatusCode.Unavailable, () => call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task RefusedStream_Once_IsRetriedOnTheSameConnection()
    {
        await using var server = new RawServer();
        var call = server.Client().UnaryAsync(new EchoRequest()).Soon();
        var peer = await server.AcceptAsync();
        await peer.NextAsync(frame => frame.EndsStream);
        await peer.ResetAsync(1, RefusedStream);

        await peer.NextAsync(FrameType.Headers, 3);
        await peer.RespondAsync(3, s_message);

        Assert.Equal("x", (await call).Text);
    }

    [Fact]
    public async Task RefusedStream_Twice_IsUnavailable()
    {
        await using var server = new RawServer();
        var call = server.Client().UnaryAsync(new EchoRequest());
        var peer = await server.AcceptAsync();
        foreach (var stream in new[] { 1, 3 })
        {
            await peer.NextAsync(frame => frame.Stream == stream && frame.EndsStream);
            await peer.ResetAsync(stream, RefusedStream);
        }

        await Patience.FailsAsync(StatusCode.Unavailable, () => call.ResponseAsync);
    }

    [Theory]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    public async Task ResetByAnyOtherCode_OfAUnaryCall_IsNotRetried(int code, StatusCode expected)
    {
        await using var server = new RawServer();
        var client = server.Client();
        var call = client.UnaryAsync(new EchoRequest());
        var peer = await server.AcceptAsync();
        await peer.NextAsync(frame => frame.EndsStream);
        await peer.ResetAsync(1, code);
        await Patience.FailsAsync(expected, () => call.ResponseAsync);

        // The next stream is the next call's, not a second try.
        var next = client.UnaryAsync(new EchoRequest { Text = "next" }).Soon();
        Assert.Contains("next", (await peer.NextAsync(FrameType.Data, 3)).Text);
        await peer.RespondAsync(3, s_message);
        await next;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ConnectionCut_AfterTheRequest_IsUnavailableAndNotRetried(bool goAwayFirst)
    {
        await using var server = new RawServer();
        var call = server.Client().UnaryAsync(new EchoRequest());
        var peer = await server.AcceptAsync();
        await peer.NextAsync(frame => frame.EndsStream);
        if (goAwayFirst)
        {
            await peer.GoAwayAsync(lastStream: 1);
        }

        peer.Cut();

        await Patience.FailsAsync(StatusCode.Unavailable, () => call.ResponseAsync);
        Assert.False(server.Pending);
    }

    [Fact]
    public async Task ServerStops_WithALiveStream_SendsGoAwayAndLetsTheCallEnd()
    {
        var release = new TaskCompletionSource();
        var server = await EchoServer.StartAsync(new EchoScript
        {
            Down = async (_, responses, _) =>
            {
                await responses.WriteAsync(new EchoResponse { Text = "first" });
                await release.Task;
                await responses.WriteAsync(new EchoResponse { Text = "last" });
            },
        });
        var peer = await Http2Peer.ConnectAsync(server.Address);
        await peer.CallAsync(1, "Down");
        await peer.DataAsync(1, RawPeer.Frame(new EchoRequest()), end: true);
        await peer.NextAsync(frame => frame.Type == FrameType.Data && frame.Text.Contains("first", StringComparison.Ordinal));

        var stopping = server.StopAsync();
        var goAway = await peer.NextAsync(FrameType.GoAway);
        release.SetResult();
        var rest = await peer.UntilEndAsync(1);

        Assert.Equal(0, goAway.ErrorCode);
        Assert.True(goAway.LastStream >= 1);
        Assert.Contains(rest, frame => frame.Text.Contains("last", StringComparison.Ordinal));
        Assert.Contains("grpc-status", rest[^1].Text);
        await peer.DisposeAsync();
        await stopping.Soon();
        await server.DisposeAsync();
    }
}
