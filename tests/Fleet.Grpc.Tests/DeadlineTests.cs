using Fleet.Testing.Time;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Tests;

public class DeadlineTests
{
    [Fact]
    public async Task Client_ServerThatHangs_GetsDeadlineExceededAndServerIsCancelled()
    {
        var cancelled = new TaskCompletionSource();
        await using var server = await EchoServer.StartAsync(new EchoScript { Unary = (_, context) => HangAsync(context, cancelled) });

        await Patience.FailsAsync(StatusCode.DeadlineExceeded, () =>
            server.Client().UnaryAsync(new EchoRequest(), deadline: DateTime.UtcNow.AddMilliseconds(150)).ResponseAsync);

        await cancelled.Task.Soon();
        Assert.Empty(server.Log.Errors);
    }

    [Fact]
    public async Task Client_FakeClock_DecidesAloneWithoutTheServer()
    {
        var time = new ManualTime();
        var started = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        // The server's own clock stands still, so that only the client's can end the call.
        await using var server = await EchoServer.StartAsync(
            new EchoScript
            {
                Both = (_, _, context) =>
                {
                    started.SetResult();
                    return HangAsync(context, cancelled);
                },
            },
            time: new ManualTime());
        using var call = server.Client(WithClock(time)).Both(deadline: time.GetUtcNow().UtcDateTime.AddDays(60));
        var read = call.ResponseStream.MoveNext();
        await started.Task.Soon();

        // Farther away than one timer reaches.
        time.Advance(TimeSpan.FromDays(31));
        Assert.False(read.IsCompleted);
        time.Advance(TimeSpan.FromDays(29));

        await Patience.FailsAsync(StatusCode.DeadlineExceeded, () => read);
        await cancelled.Task.Soon();
        Assert.Equal(0, time.ArmedTimers);
    }

    [Fact]
    public async Task Server_FakeClock_EndsACallWhoseClientDoesNotWatchTheTime()
    {
        var time = new ManualTime();
        var cancelled = new TaskCompletionSource();
        var deadline = DateTime.MinValue;
        await using var server = await EchoServer.StartAsync(
            new EchoScript
            {
                Unary = (_, context) =>
                {
                    deadline = context.Deadline;
                    return HangAsync(context, cancelled);
                },
            },
            time: time);
        var request = RawPeer.Request(server.Address, "Unary", new ByteArrayContent(RawPeer.Frame(new EchoRequest())));
        request.Headers.Add("grpc-timeout", "90S");
        var answer = RawPeer.SendAsync(request);
        await Patience.Until(() => deadline != DateTime.MinValue, "the handler to run");

        Assert.Equal(time.GetUtcNow().UtcDateTime.AddSeconds(90), deadline);
        time.Advance(TimeSpan.FromSeconds(90));

        Assert.Equal("4", (await answer.Soon()).Status);
        await cancelled.Task.Soon();
    }

    [Fact]
    public async Task Server_HandlerThatIgnoresTheDeadline_DoesNotHoldTheAnswer()
    {
        var time = new ManualTime();
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        Exception? lateWrite = null;
        var ended = new TaskCompletionSource();
        await using var server = await EchoServer.StartAsync(
            new EchoScript
            {
                Down = async (request, responses, _) =>
                {
                    await responses.WriteAsync(EchoScript.Answer(request));
                    started.SetResult();
                    await release.Task;
                    lateWrite = await Record.ExceptionAsync(() => responses.WriteAsync(EchoScript.Answer(request)));
                    ended.SetResult();
                },
            },
            time: time);
        var request = RawPeer.Request(server.Address, "Down", new ByteArrayContent(RawPeer.Frame(new EchoRequest { Text = "one" })));
        request.Headers.Add("grpc-timeout", "1S");
        var answer = RawPeer.SendAsync(request);
        await started.Task.Soon();

        time.Advance(TimeSpan.FromSeconds(1));
        var (status, _, body) = await answer.Soon();
        release.SetResult();
        await ended.Task.Soon();

        Assert.Equal("4", status);
        Assert.Equal(RawPeer.Frame(new EchoResponse { Text = "one" }), body);
        Assert.IsType<OperationCanceledException>(lateWrite, exactMatch: false);
    }

    [Fact]
    public async Task Client_DeadlineInThePast_SendsNothing()
    {
        var calls = 0;
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Unary = (request, _) =>
            {
                calls++;
                return Task.FromResult(EchoScript.Answer(request));
            },
        });
        await Patience.FailsAsync(StatusCode.DeadlineExceeded, () => server.Client().UnaryAsync(new EchoRequest(), deadline: DateTime.UtcNow.AddSeconds(-1)).ResponseAsync);
        Assert.Equal(0, calls);
    }

    [Fact]
    public async Task Client_LocalTimeDeadline_IsRefused()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        Assert.Throws<InvalidOperationException>(() => { _ = server.Client().UnaryAsync(new EchoRequest(), deadline: DateTime.Now.AddSeconds(9)); });
    }

    [Fact]
    public async Task Server_PassesItsDeadlineOn_AndTheNextServerSeesNoMore()
    {
        var seen = DateTime.MinValue;
        await using var back = await EchoServer.StartAsync(new EchoScript
        {
            Unary = (request, context) =>
            {
                seen = context.Deadline;
                return Task.FromResult(EchoScript.Answer(request));
            },
        });
        await using var front = await EchoServer.StartAsync(new EchoScript
        {
            Unary = async (request, context) => await back.Client().UnaryAsync(request, deadline: context.Deadline, cancellationToken: context.CancellationToken),
        });
        var deadline = DateTime.UtcNow.AddSeconds(15);

        await front.Client().UnaryAsync(new EchoRequest(), deadline: deadline).Soon();

        Assert.InRange(seen, DateTime.UtcNow, deadline.AddSeconds(1));
    }

    [Fact]
    public async Task NoDeadline_Server_SeesTheEndOfTime()
    {
        var seen = DateTime.MinValue;
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Unary = (request, context) =>
            {
                seen = context.Deadline;
                return Task.FromResult(EchoScript.Answer(request));
            },
        });
        await server.Client().UnaryAsync(new EchoRequest()).Soon();
        Assert.Equal(DateTime.MaxValue, seen);
    }

    private static Action<GrpcChannelOptions> WithClock(TimeProvider time) =>
        options => options.ServiceProvider = new ServiceCollection().AddSingleton(time).BuildServiceProvider();

    private static async Task<EchoResponse> HangAsync(ServerCallContext context, TaskCompletionSource cancelled)
    {
        using var registration = context.CancellationToken.Register(cancelled.SetResult);
        await Task.Delay(Timeout.Infinite, context.CancellationToken);
        return new EchoResponse();
    }
}
