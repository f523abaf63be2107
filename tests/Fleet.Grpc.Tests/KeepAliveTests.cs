using Grpc.Core;
using Grpc.Tests.Support;
using Grpc.Tests.Support.Http2;
using Microsoft.AspNetCore.Hosting;

namespace Grpc.Tests;

/// <summary>A peer that is dead without a word is found by PING, from both ends; one that is merely silent lives.</summary>
public class KeepAliveTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Client_ServerThatIsDead_IsFoundByPing()
    {
        await using var server = new RawServer();
        using var call = server.Client(options => options.HttpHandler = Pinging()).Both();
        var peer = await server.AcceptAsync();
        peer.AnswersPings = false;
        await peer.NextAsync(FrameType.Headers, 1);
        await peer.AnswerAsync(1);
        await call.ResponseHeadersAsync.Soon();

        await Patience.FailsAsync(StatusCode.Unavailable, () => call.ResponseStream.MoveNext());
        Assert.True(peer.PingsSeen > 0);
    }

    [Fact]
    public async Task Client_ServerThatIsSilentButAlive_KeepsItsStream()
    {
        await using var server = new RawServer();
        using var call = server.Client(options => options.HttpHandler = Pinging()).Both();
        var peer = await server.AcceptAsync();
        await peer.NextAsync(FrameType.Headers, 1);
        await peer.AnswerAsync(1);
        var read = call.ResponseStream.MoveNext();

        await Patience.Until(() => peer.PingsSeen >= 3 || read.IsCompleted, "pings");
        await peer.DataAsync(1, RawPeer.Frame(new EchoResponse { Text = "alive" }));

        Assert.True(await read.Soon());
    }

    [Fact]
    public async Task Server_ClientThatIsDead_IsFoundByPing()
    {
        KestrelClock? clock = null;
        var cancelled = new TaskCompletionSource();
        await using var server = await StartAsync(cancelled, app => clock = KestrelClock.Under(app));
        await using var peer = await Http2Peer.ConnectAsync(server.Address);
        peer.AnswersPings = false;
        await peer.CallAsync(1, "Both");

        await Patience.Until(
            () =>
            {
                clock!.Advance(TimeSpan.FromSeconds(10));
                return cancelled.Task.IsCompleted;
            },
            "the server to give the client up");
        Assert.True(peer.PingsSeen > 0);
    }

    [Fact]
    public async Task Server_StockClientThatIsStopped_IsFoundByPing()
    {
        KestrelClock? clock = null;
        var cancelled = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        await using var server = await StartAsync(cancelled, app => clock = KestrelClock.Under(app), started);
        await using var peer = await NodePeer.StartAsync("idle.js", $"127.0.0.1:{server.Address.Port}");
        await started.Task.Soon();
        peer.Freeze();

        await Patience.Until(
            () =>
            {
                clock!.Advance(TimeSpan.FromSeconds(10));
                return cancelled.Task.IsCompleted;
            },
            "the server to give the stopped client up");
    }

    [Fact]
    public async Task Client_StockServerThatIsStopped_IsFoundByPing()
    {
        await using var peer = await NodePeer.StartAsync("server.js");
        var port = (await peer.LineAsync(line => line.StartsWith("port ", StringComparison.Ordinal)))["port ".Length..];
        using var channel = Net.Client.GrpcChannel.ForAddress($"http://127.0.0.1:{port}", new() { HttpHandler = Pinging() });
        using var call = new Echo.EchoClient(channel).Both();
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "there?" }).Soon();
        Assert.True(await call.ResponseStream.MoveNext().Soon());

        peer.Freeze();

        await Patience.FailsAsync(StatusCode.Unavailable, () => call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task StockClient_OurServerIsFrozenByNoOne_AnswersItsPings()
    {
        var release = new TaskCompletionSource();
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Both = async (_, responses, _) =>
            {
                await release.Task;
                await responses.WriteAsync(new EchoResponse { Text = "late" });
            },
        });
        // It pings each second, and ends the stream when an answer lacks for a second.
        await using var peer = await NodePeer.StartAsync("idle.js", $"127.0.0.1:{server.Address.Port}", "1000");
        await peer.LineAsync(line => line == "pinged 2");
        release.SetResult();

        await peer.LineAsync(line => line == "message late");
    }

    private static SocketsHttpHandler Pinging() => new()
    {
        KeepAlivePingDelay = s_second,
        KeepAlivePingTimeout = s_second,
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
    };

    private static Task<EchoServer> StartAsync(TaskCompletionSource cancelled, Action<Microsoft.AspNetCore.Builder.WebApplication> built, TaskCompletionSource? started = null) => EchoServer.StartAsync(
        new EchoScript
        {
            Both = async (requests, _, context) =>
            {
                started?.TrySetResult();
                try
                {
                    await requests.MoveNext(context.CancellationToken);
                }
                finally
                {
                    cancelled.TrySetResult();
                }
            },
        },
        kestrel: options => options.AllowLongLivedStreams(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30)),
        endpoints: built);
}
