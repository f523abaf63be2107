using Grpc.Core;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>One request, one response.</summary>
internal sealed class UnaryCallHandler<TRequest, TResponse>(Method<TRequest, TResponse> method, CallSettings settings, UnaryServerMethod<TRequest, TResponse> handler)
    : CallHandler<TRequest, TResponse>(method, settings)
    where TRequest : class
    where TResponse : class
{
    protected override async Task RunAsync(ServerCall call) =>
        WriteSingle(call, await handler(await ReadSingleAsync(call), call));
}
