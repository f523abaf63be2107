using Fleet.Testing.Time;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Tests.Support;
using Grpc.Tests.Support.Http2;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Grpc.Tests;

/// <summary>Kestrel's guards are made for short requests; a gRPC session outlives them. Time is a fake clock under Kestrel.</summary>
public class KestrelGuardTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task SlowRequest_OfAPlainEndpoint_IsEndedByTheGuard()
    {
        // The proof that the fake clock reaches Kestrel; the tests below would mean nothing without it.
        KestrelClock? clock = null;
        await using var server = await EchoServer.StartAsync(new EchoScript(), endpoints: app =>
        {
            clock = KestrelClock.Under(app);
            app.MapPost("/plain", async (HttpContext http) => await http.Request.Body.CopyToAsync(Stream.Null));
        });
        await using var peer = await Http2Peer.ConnectAsync(server.Address);
        await peer.HeadersAsync(1, end: false, (":method", "POST"), (":scheme", "http"), (":path", "/plain"), (":authority", "test"));
        await peer.DataAsync(1, new byte[1]);
        await peer.RoundTripAsync();

        await Patience.Until(
            () =>
            {
                clock!.Advance(s_second);
                return peer.Closed.IsCompleted;
            },
            "Kestrel to end the slow request");
    }

    [Fact]
    public async Task ByteASecond_OfARequest_IsTakenForAsLongAsItLasts()
    {
        KestrelClock? clock = null;
        await using var server = await EchoServer.StartAsync(new EchoScript(), endpoints: app => clock = KestrelClock.Under(app));
        await using var peer = await Http2Peer.ConnectAsync(server.Address);
        await peer.CallAsync(1, "Unary");
        var frame = RawPeer.Frame(new EchoRequest { Text = new string('s', 600) });
        foreach (var b in frame)
        {
            // The peer waits for each byte to arrive, since the fake clock would not.
            await peer.DataAsync(1, new[] { b });
            await peer.RoundTripAsync();

            clock!.Advance(s_second);
        }

        await peer.DataAsync(1, ReadOnlyMemory<byte>.Empty, end: true);
        var answer = await peer.UntilEndAsync(1);

        Assert.Contains(answer, f => f.Type == FrameType.Data && f.Text.Contains("ssss", StringComparison.Ordinal));
        Assert.Contains("grpc-status", answer[^1].Text);
    }

    [Fact]
    public async Task ByteASecond_PastTheDeadline_IsEndedByIt()
    {
        var time = new ManualTime();
        await using var server = await EchoServer.StartAsync(new EchoScript(), time: time);
        await using var peer = await Http2Peer.ConnectAsync(server.Address);
        await peer.CallAsync(1, "Unary", ("grpc-timeout", "10S"));
        var ended = peer.NextAsync(frame => frame.Type == FrameType.Headers && frame.EndsStream);
        foreach (var b in RawPeer.Frame(new EchoRequest { Text = "slow" }))
        {
            await peer.DataAsync(1, new[] { b });
            await Patience.Until(() => time.ArmedTimers > 0 || ended.IsCompleted, "the deadline");
            time.Advance(s_second);
        }

        Assert.Contains("grpc-status", (await ended).Text);
    }

    [Fact]
    public async Task ByteASecond_ClientResets_TheHandlerIsCancelled()
    {
        var (started, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Both = async (requests, _, context) =>
            {
                started.SetResult();
                context.CancellationToken.Register(() => cancelled.TrySetResult());
                await requests.MoveNext();
            },
        });
        await using var peer = await Http2Peer.ConnectAsync(server.Address);
        await peer.CallAsync(1, "Both");
        await peer.DataAsync(1, new byte[3]);
        await started.Task.Soon();
        await peer.ResetAsync(1, 0x8);

        await cancelled.Task.Soon();
    }

    [Fact]
    public async Task ByteASecond_OfAResponse_IsReadAndCanBeCancelled()
    {
        await using var server = new RawServer();
        using var call = server.Client().Both();
        var peer = await server.AcceptAsync();
        await peer.NextAsync(FrameType.Headers, 1);
        await peer.AnswerAsync(1);
        var frame = RawPeer.Frame(new EchoResponse { Text = "slow" });
        var read = call.ResponseStream.MoveNext();
        foreach (var b in frame)
        {
            Assert.False(read.IsCompleted);
            await peer.DataAsync(1, new[] { b });
        }

        Assert.True(await read.Soon());
        Assert.Equal("slow", call.ResponseStream.Current.Text);

        await peer.DataAsync(1, new byte[2]);
        read = call.ResponseStream.MoveNext();
        call.Dispose();
        await Patience.FailsAsync(StatusCode.Cancelled, () => read);
        Assert.Equal(0x8, (await peer.NextAsync(FrameType.RstStream, 1)).ErrorCode);
    }

    [Fact]
    public async Task SlowReader_OfAResponse_IsNotEndedByTheGuard()
    {
        KestrelClock? clock = null;
        var written = 0;
        await using var server = await EchoServer.StartAsync(
            new EchoScript
            {
                Down = async (_, responses, _) =>
                {
                    for (var i = 0; i < 20; i++, written++)
                    {
                        await responses.WriteAsync(new EchoResponse { Payload = ByteString.CopyFrom(new byte[100_000]) });
                    }
                },
            },
            kestrel: options => options.AllowLongLivedStreams(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30)),
            endpoints: app => clock = KestrelClock.Under(app));
        await using var peer = await Http2Peer.ConnectAsync(server.Address);
        await peer.CallAsync(1, "Down");
        await peer.DataAsync(1, RawPeer.Frame(new EchoRequest()), end: true);
        for (var got = 0; got < 65_535;)
        {
            got += (await peer.NextAsync(FrameType.Data, 1)).Payload.Length;
        }

        // The window is full. An hour at a byte a second, then the rest.
        for (var i = 0; i < 3600; i++)
        {
            await peer.WindowAsync(1, 1);
            await peer.WindowAsync(0, 1);
            await peer.RoundTripAsync();
            clock!.Advance(s_second);
        }

        Assert.False(peer.Closed.IsCompleted);
        await peer.WindowAsync(1, 1 << 22);
        await peer.WindowAsync(0, 1 << 22);
        Assert.True((await peer.UntilEndAsync(1)).Where(f => f.Type == FrameType.Data).Sum(f => f.Payload.Length) > 1_900_000);
        Assert.Equal(20, written);
    }

    [Fact]
    public async Task Session_TwentyFourHours_IsNotEnded()
    {
        // Every guard of Kestrel sees a day pass in steps of ten seconds; pings are answered in real time by the client. The client has
        // no clock of its own in an open stream but its ping, which is not on here (KeepAliveTests have it).
        KestrelClock? clock = null;
        await using var server = await EchoServer.StartAsync(
            new EchoScript(),
            kestrel: options => options.AllowLongLivedStreams(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30)),
            endpoints: app => clock = KestrelClock.Under(app));
        await using var silent = await Http2Peer.ConnectAsync(server.Address);
        await silent.CallAsync(1, "Both");
        await silent.RoundTripAsync();
        using var call = server.Client().Both();
        var (pinged, steps) = (0, 0);
        for (var at = TimeSpan.Zero; at < TimeSpan.FromHours(24); at += TimeSpan.FromSeconds(10))
        {
            clock!.Advance(TimeSpan.FromSeconds(10));
            if (++steps == 4)
            {
                // After thirty seconds of silence; the answer must arrive before time goes on, as it would.
                await Patience.Until(() => silent.PingsSeen > pinged, "a ping");
                pinged = silent.PingsSeen;
                await silent.RoundTripAsync();
                steps = 0;
            }

            if (at.TotalSeconds % 60 == 0)
            {
                // A message a minute here; the silent one answers pings, and that is all.
                await call.RequestStream.WriteAsync(new EchoRequest { Text = $"{at}" }).Soon();
                Assert.True(await call.ResponseStream.MoveNext().Soon());
            }
        }

        Assert.False(silent.Closed.IsCompleted);
        Assert.True(pinged > 100);
        await silent.DataAsync(1, RawPeer.Frame(new EchoRequest { Text = "still here" }), end: true);
        Assert.Contains(await silent.UntilEndAsync(1), frame => frame.Text.Contains("still here", StringComparison.Ordinal));
        await call.RequestStream.CompleteAsync().Soon();
        Assert.False(await call.ResponseStream.MoveNext().Soon());
    }

    [Fact]
    public async Task OneStream_HundredMegabytesEachWay_Arrive()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        using var call = server.Client().Both();
        var payload = ByteString.CopyFrom(new byte[1 << 20]);
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await call.RequestStream.WriteAsync(new EchoRequest { Payload = payload, Count = i });
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
}
