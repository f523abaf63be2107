using Grpc.Core;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>A stream of requests, one response.</summary>
internal sealed class ClientStreamingCallHandler<TRequest, TResponse>(Method<TRequest, TResponse> method, CallSettings settings, ClientStreamingServerMethod<TRequest, TResponse> handler)
    : CallHandler<TRequest, TResponse>(method, settings)
    where TRequest : class
    where TResponse : class
{
    protected override async Task RunAsync(ServerCall call) =>
        WriteSingle(call, await handler(RequestsOf(call), call));
}
