using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>Gives each call its service instance.</summary>
internal static class ServiceActivator<TService>
    where TService : class
{
    private static readonly Lazy<ObjectFactory<TService>> s_factory = new(() => ActivatorUtilities.CreateFactory<TService>([]));

    internal static Activated<TService> Activate(IServiceProvider services) =>
        services.GetService<TService>() is { } registered
            ? new Activated<TService>(registered, owned: false)
            : new Activated<TService>(s_factory.Value(services, []), owned: true);
}
