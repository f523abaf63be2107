using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Grpc.AspNetCore.Around;

/// <summary>Base of server interceptors that do the same around calls of all four kinds.</summary>
public abstract class AroundInterceptor : Interceptor
{
    public sealed override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        AroundAsync(context, () => continuation(request, context));

    public sealed override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        AroundAsync(context, () => continuation(requestStream, context));

    public sealed override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        AroundAsync(context, () => NoneAsync(continuation(request, responseStream, context)));

    public sealed override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        AroundAsync(context, () => NoneAsync(continuation(requestStream, responseStream, context)));

    /// <summary>Runs the call, or refuses it by throwing RpcException.</summary>
    protected abstract Task<T> AroundAsync<T>(ServerCallContext context, Func<Task<T>> call);

    /// <summary>The code that the client of a failed call is told.</summary>
    protected static StatusCode CodeOf(Exception exception, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return exception is RpcException rpc ? rpc.StatusCode : context.CancellationToken.IsCancellationRequested ? StatusCode.Cancelled : StatusCode.Unknown;
    }

    private static async Task<bool> NoneAsync(Task call)
    {
        await call.ConfigureAwait(false);
        return true;
    }
}
