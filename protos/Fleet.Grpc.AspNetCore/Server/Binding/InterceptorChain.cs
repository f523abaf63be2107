using Grpc.Core;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>Wraps a handler in interceptors, the first outermost; each call gets its own instances.</summary>
internal static class InterceptorChain
{
    internal static UnaryServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(IEnumerable<InterceptorRegistration> interceptors, UnaryServerMethod<TRequest, TResponse> innermost)
        where TRequest : class
        where TResponse : class => interceptors.Reverse().Aggregate(innermost, (next, registration) => async (request, context) =>
        {
            await using var active = registration.Activate(context.GetHttpContext().RequestServices);
            return await active.Instance.UnaryServerHandler(request, context, next);
        });

    internal static ClientStreamingServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(IEnumerable<InterceptorRegistration> interceptors, ClientStreamingServerMethod<TRequest, TResponse> innermost)
        where TRequest : class
        where TResponse : class => interceptors.Reverse().Aggregate(innermost, (next, registration) => async (requests, context) =>
        {
            await using var active = registration.Activate(context.GetHttpContext().RequestServices);
            return await active.Instance.ClientStreamingServerHandler(requests, context, next);
        });

    internal static ServerStreamingServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(IEnumerable<InterceptorRegistration> interceptors, ServerStreamingServerMethod<TRequest, TResponse> innermost)
        where TRequest : class
        where TResponse : class => interceptors.Reverse().Aggregate(innermost, (next, registration) => async (request, responses, context) =>
        {
            await using var active = registration.Activate(context.GetHttpContext().RequestServices);
            await active.Instance.ServerStreamingServerHandler(request, responses, context, next);
        });

    internal static DuplexStreamingServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(IEnumerable<InterceptorRegistration> interceptors, DuplexStreamingServerMethod<TRequest, TResponse> innermost)
        where TRequest : class
        where TResponse : class => interceptors.Reverse().Aggregate(innermost, (next, registration) => async (requests, responses, context) =>
        {
            await using var active = registration.Activate(context.GetHttpContext().RequestServices);
            await active.Instance.DuplexStreamingServerHandler(requests, responses, context, next);
        });
}
