using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>One interceptor type, with the constructor arguments that do not come from the services.</summary>
public class InterceptorRegistration
{
    private readonly object[] _arguments;
    private readonly Lazy<ObjectFactory> _factory;

    internal InterceptorRegistration(Type type, object[] arguments)
    {
        Type = type;
        _arguments = arguments;
        _factory = new Lazy<ObjectFactory>(() => ActivatorUtilities.CreateFactory(type, [.. arguments.Select(argument => argument.GetType())]));
    }

    public Type Type { get; }

    public IReadOnlyList<object> Arguments => _arguments;

    /// <summary>From the services if registered there, else a new one, which the call owns.</summary>
    internal Activated<Interceptor> Activate(IServiceProvider services) =>
        _arguments.Length == 0 && services.GetService(Type) is Interceptor registered
            ? new Activated<Interceptor>(registered, owned: false)
            : new Activated<Interceptor>((Interceptor)_factory.Value(services, _arguments), owned: true);
}
