using Grpc.Core;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>One request, a stream of responses.</summary>
internal sealed class ServerStreamingCallHandler<TRequest, TResponse>(Method<TRequest, TResponse> method, CallSettings settings, ServerStreamingServerMethod<TRequest, TResponse> handler)
    : CallHandler<TRequest, TResponse>(method, settings)
    where TRequest : class
    where TResponse : class
{
    protected override async Task RunAsync(ServerCall call) =>
        await handler(await ReadSingleAsync(call), ResponsesOf(call), call);
}
