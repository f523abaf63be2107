using System.Reflection;
using Grpc.AspNetCore.Server.Calls;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>Turns the methods that generated code tells into request handlers that call an instance of <typeparamref name="TService"/>.</summary>
internal sealed class ServiceBinder<TService>(CallSettings settings) : ServiceBinderBase
    where TService : class
{
    private readonly List<BoundMethod> _methods = [];

    internal IReadOnlyList<BoundMethod> Methods => _methods;

    private delegate Task<TResponse> Unary<TRequest, TResponse>(TService service, TRequest request, ServerCallContext context);

    private delegate Task<TResponse> ClientStreaming<TRequest, TResponse>(TService service, IAsyncStreamReader<TRequest> requests, ServerCallContext context);

    private delegate Task ServerStreaming<TRequest, TResponse>(TService service, TRequest request, IServerStreamWriter<TResponse> responses, ServerCallContext context);

    private delegate Task DuplexStreaming<TRequest, TResponse>(TService service, IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, ServerCallContext context);

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Find(method, typeof(TRequest), typeof(ServerCallContext));
        var invoke = implementation.CreateDelegate<Unary<TRequest, TResponse>>();
        UnaryServerMethod<TRequest, TResponse> innermost = async (request, context) =>
        {
            await using var service = ServiceActivator<TService>.Activate(context.GetHttpContext().RequestServices);
            return await invoke(service.Instance, request, context);
        };
        Add(method, implementation, new UnaryCallHandler<TRequest, TResponse>(method, settings, InterceptorChain.Around(settings.Interceptors, innermost)));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Find(method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
        var invoke = implementation.CreateDelegate<ClientStreaming<TRequest, TResponse>>();
        ClientStreamingServerMethod<TRequest, TResponse> innermost = async (requests, context) =>
        {
            await using var service = ServiceActivator<TService>.Activate(context.GetHttpContext().RequestServices);
            return await invoke(service.Instance, requests, context);
        };
        Add(method, implementation, new ClientStreamingCallHandler<TRequest, TResponse>(method, settings, InterceptorChain.Around(settings.Interceptors, innermost)));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Find(method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        var invoke = implementation.CreateDelegate<ServerStreaming<TRequest, TResponse>>();
        ServerStreamingServerMethod<TRequest, TResponse> innermost = async (request, responses, context) =>
        {
            await using var service = ServiceActivator<TService>.Activate(context.GetHttpContext().RequestServices);
            await invoke(service.Instance, request, responses, context);
        };
        Add(method, implementation, new ServerStreamingCallHandler<TRequest, TResponse>(method, settings, InterceptorChain.Around(settings.Interceptors, innermost)));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Find(method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        var invoke = implementation.CreateDelegate<DuplexStreaming<TRequest, TResponse>>();
        DuplexStreamingServerMethod<TRequest, TResponse> innermost = async (requests, responses, context) =>
        {
            await using var service = ServiceActivator<TService>.Activate(context.GetHttpContext().RequestServices);
            await invoke(service.Instance, requests, responses, context);
        };
        Add(method, implementation, new DuplexStreamingCallHandler<TRequest, TResponse>(method, settings, InterceptorChain.Around(settings.Interceptors, innermost)));
    }

    private static MethodInfo Find(IMethod method, params Type[] parameters) =>
        typeof(TService).GetMethod(method.Name, BindingFlags.Public | BindingFlags.Instance, parameters)
        ?? throw new InvalidOperationException($"{typeof(TService)} has no public method {method.Name} for {method.FullName}.");

    private void Add<TRequest, TResponse>(IMethod method, MethodInfo implementation, CallHandler<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class =>
        _methods.Add(new BoundMethod(method, handler.HandleAsync, implementation.GetCustomAttributes(inherit: true)));
}
