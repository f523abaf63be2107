using Grpc.Core;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>A stream in each direction.</summary>
internal sealed class DuplexStreamingCallHandler<TRequest, TResponse>(Method<TRequest, TResponse> method, CallSettings settings, DuplexStreamingServerMethod<TRequest, TResponse> handler)
    : CallHandler<TRequest, TResponse>(method, settings)
    where TRequest : class
    where TResponse : class
{
    protected override Task RunAsync(ServerCall call) => handler(RequestsOf(call), ResponsesOf(call), call);
}
