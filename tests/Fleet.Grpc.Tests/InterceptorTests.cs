using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Tests;

public class InterceptorTests
{
    [Fact]
    public async Task Server_TwoInterceptors_SeeEveryKindInOrder()
    {
        var trace = new Trace();
        await using var server = await EchoServer.StartAsync(
            new EchoScript(),
            options =>
            {
                options.Interceptors.Add<Tracing>("outer");
                options.Interceptors.Add<Tracing>("inner");
            },
            services: services => services.AddSingleton(trace));
        var client = server.Client();

        await client.UnaryAsync(new EchoRequest()).Soon();
        using var down = client.Down(new EchoRequest());
        await down.ResponseStream.MoveNext().Soon();
        using var up = client.Up();
        await up.RequestStream.CompleteAsync();
        await up.ResponseAsync.Soon();
        using var both = client.Both();
        await both.RequestStream.CompleteAsync();
        await both.ResponseStream.MoveNext().Soon();

        Assert.Equal(
            ["outer Unary", "inner Unary", "outer Down", "inner Down", "outer Up", "inner Up", "outer Both", "inner Both"],
            trace.Lines);
    }

    [Fact]
    public async Task Server_InterceptorRefuses_HandlerIsNotReached()
    {
        var reached = false;
        await using var server = await EchoServer.StartAsync(
            new EchoScript
            {
                Unary = (request, _) =>
                {
                    reached = true;
                    return Task.FromResult(EchoScript.Answer(request));
                },
            },
            services: services => services.AddSingleton<Refusing>(),
            grpc: options => options.Interceptors.Add<Refusing>());
        await Patience.FailsAsync(StatusCode.Unauthenticated, () => server.Client().UnaryAsync(new EchoRequest()).ResponseAsync);
        Assert.False(reached);
    }

    [Fact]
    public async Task Client_Interceptor_ChangesHeaders()
    {
        string? seen = null;
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Unary = (request, context) =>
            {
                seen = context.RequestHeaders.GetValue("x-added");
                return Task.FromResult(EchoScript.Answer(request));
            },
        });
        await new Echo.EchoClient(server.Channel().Intercept(new Adding())).UnaryAsync(new EchoRequest()).Soon();
        Assert.Equal("yes", seen);
    }

    [Fact]
    public async Task ServiceOptions_OfOneService_StartFromTheSharedOnes()
    {
        await using var server = await EchoServer.StartAsync(
            new EchoScript(),
            options => options.MaxSendMessageSize = 100,
            services: services => services.AddGrpc().AddServiceOptions<EchoService>(options => options.MaxReceiveMessageSize = 50));
        var client = server.Client();
        await Patience.FailsAsync(StatusCode.ResourceExhausted, () => client.UnaryAsync(new EchoRequest { Text = new string('a', 60) }).ResponseAsync);
        using var down = client.Down(new EchoRequest { Text = new string('a', 30), Count = 1, Payload = Google.Protobuf.ByteString.CopyFrom(new byte[10]) });
        Assert.True(await down.ResponseStream.MoveNext().Soon());
        await client.UnaryAsync(new EchoRequest { Text = "ok" }).Soon();
    }

    internal sealed class Trace
    {
        internal ConcurrentQueue<string> Lines { get; } = new();
    }

    private sealed class Adding : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, new(context.Method, context.Host, context.Options.WithHeaders([new("x-added", "yes")])));
    }

    private sealed class Refusing : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
            throw new RpcException(new Status(StatusCode.Unauthenticated, "who are you"));
    }

    private sealed class Tracing(Trace trace, string name) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            Note(context);
            return continuation(request, context);
        }

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Note(context);
            return continuation(requestStream, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Note(context);
            return continuation(request, responseStream, context);
        }

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Note(context);
            return continuation(requestStream, responseStream, context);
        }

        private void Note(ServerCallContext context) => trace.Lines.Enqueue($"{name} {context.Method.Split('/')[^1]}");
    }
}
