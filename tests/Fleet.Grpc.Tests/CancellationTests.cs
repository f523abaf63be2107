using Grpc.Core;
using Grpc.Tests.Support;

namespace Grpc.Tests;

public class CancellationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Unary_CallerCancelsOrDisposes_BothSidesSeeIt(bool dispose)
    {
        var serverSide = new ServerSide();
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Unary = async (_, context) =>
            {
                await serverSide.HangAsync(context);
                return new EchoResponse();
            },
        });
        using var caller = new CancellationTokenSource();
        using var call = server.Client().UnaryAsync(new EchoRequest(), cancellationToken: caller.Token);
        await serverSide.Started.Task.Soon();

        if (dispose)
        {
            call.Dispose();
        }
        else
        {
            await caller.CancelAsync();
        }

        await Patience.FailsAsync(StatusCode.Cancelled, () => call.ResponseAsync);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
        await serverSide.Cancelled.Task.Soon();
        Assert.Empty(server.Log.Errors);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Duplex_ClientDisposes_ReaderAndWriterOfTheHandlerThrowCancelled(bool afterHeaders)
    {
        var started = new TaskCompletionSource();
        var read = new TaskCompletionSource<Exception?>();
        var write = new TaskCompletionSource<Exception?>();
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Both = async (requests, responses, context) =>
            {
                await requests.MoveNext();
                if (afterHeaders)
                {
                    await responses.WriteAsync(new EchoResponse());
                }

                started.SetResult();
                read.SetResult(await Record.ExceptionAsync(() => requests.MoveNext()));
                write.SetResult(await Record.ExceptionAsync(() => responses.WriteAsync(new EchoResponse())));
            },
        });
        var call = server.Client().Both();
        await call.RequestStream.WriteAsync(new EchoRequest()).Soon();
        await started.Task.Soon();
        if (afterHeaders)
        {
            await call.ResponseHeadersAsync.Soon();
        }

        call.Dispose();

        Assert.IsType<OperationCanceledException>(await read.Task.Soon(), exactMatch: false);
        Assert.IsType<OperationCanceledException>(await write.Task.Soon(), exactMatch: false);
        await Patience.FailsAsync(StatusCode.Cancelled, () => call.ResponseStream.MoveNext());
        await Patience.FailsAsync(StatusCode.Cancelled, () => call.RequestStream.WriteAsync(new EchoRequest()));
        Assert.Empty(server.Log.Errors);
    }

    [Fact]
    public async Task Stream_MoveNextIsCancelled_TheWholeCallEnds()
    {
        var serverSide = new ServerSide();
        await using var server = await EchoServer.StartAsync(new EchoScript { Down = (_, _, context) => serverSide.HangAsync(context) });
        using var call = server.Client().Down(new EchoRequest());
        await serverSide.Started.Task.Soon();
        using var caller = new CancellationTokenSource();
        var read = call.ResponseStream.MoveNext(caller.Token);

        await caller.CancelAsync();

        await Patience.FailsAsync(StatusCode.Cancelled, () => read);
        await serverSide.Cancelled.Task.Soon();
    }

    [Fact]
    public async Task Unary_ThrowOperationCanceledOnCancellation_ThrowsThat()
    {
        var serverSide = new ServerSide();
        await using var server = await EchoServer.StartAsync(new EchoScript { Down = (_, _, context) => serverSide.HangAsync(context) });
        using var caller = new CancellationTokenSource();
        using var call = server.Client(options => options.ThrowOperationCanceledOnCancellation = true).Down(new EchoRequest(), cancellationToken: caller.Token);
        var read = call.ResponseStream.MoveNext();
        await serverSide.Started.Task.Soon();

        await caller.CancelAsync();

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.Soon());
        Assert.Equal(caller.Token, exception.CancellationToken);
        Assert.Equal(StatusCode.Cancelled, Assert.IsType<RpcException>(exception.InnerException).StatusCode);
    }

    [Fact]
    public async Task Token_CancelledBeforeTheCall_SendsNothing()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        await Patience.FailsAsync(StatusCode.Cancelled, () => server.Client().UnaryAsync(new EchoRequest(), cancellationToken: new CancellationToken(true)).ResponseAsync);
        Assert.DoesNotContain(server.Log.Lines, line => line.Contains("Request starting", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Channel_Disposed_EndsItsCalls()
    {
        var serverSide = new ServerSide();
        await using var server = await EchoServer.StartAsync(new EchoScript { Down = (_, _, context) => serverSide.HangAsync(context) });
        var channel = server.Channel();
        using var call = new Echo.EchoClient(channel).Down(new EchoRequest());
        await serverSide.Started.Task.Soon();

        channel.Dispose();

        await Patience.FailsAsync(StatusCode.Cancelled, () => call.ResponseStream.MoveNext());
        await serverSide.Cancelled.Task.Soon();
        Assert.Throws<ObjectDisposedException>(() => { _ = new Echo.EchoClient(channel).Down(new EchoRequest()); });
    }

    [Fact]
    public async Task ServerStops_WhileAStreamIsOpen_ClientGetsAnErrorAndDoesNotHang()
    {
        var serverSide = new ServerSide();
        var server = await EchoServer.StartAsync(
            new EchoScript { Down = (_, _, context) => serverSide.HangAsync(context) },
            services: services => Microsoft.Extensions.DependencyInjection.OptionsServiceCollectionExtensions.Configure<Microsoft.Extensions.Hosting.HostOptions>(
                services, options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(200)));
        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(server.Address);
        using var call = new Echo.EchoClient(channel).Down(new EchoRequest());
        await serverSide.Started.Task.Soon();

        await server.DisposeAsync();

        var failure = await Patience.FailsAsync(() => call.ResponseStream.MoveNext());
        Assert.Contains(failure.StatusCode, new[] { StatusCode.Unavailable, StatusCode.Cancelled, StatusCode.Internal });
    }

    private sealed class ServerSide
    {
        internal TaskCompletionSource Started { get; } = new();

        internal TaskCompletionSource Cancelled { get; } = new();

        internal async Task HangAsync(ServerCallContext context)
        {
            using var registration = context.CancellationToken.Register(Cancelled.SetResult);
            Started.SetResult();
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }
    }
}
