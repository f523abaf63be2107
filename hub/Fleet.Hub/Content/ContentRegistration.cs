using Fleet.Hub.Storage;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Fleet.Hub.Content;

/// <summary>Wires the content relay.</summary>
internal static class ContentRegistration
{
    private const int MaxRequest = 256 * 1024;

    public static IServiceCollection AddContent(this IServiceCollection services)
    {
        services.TryAddSingleton<ContentOptions>();
        services.AddGrpc().AddServiceOptions<ContentService>(grpc => grpc.MaxReceiveMessageSize = MaxRequest);
        services.AddSingleton<ContentAccess>();
        services.AddSingleton(provider => new ContentParts(
            provider.GetRequiredService<FleetDatabase>(), provider.GetRequiredService<FleetStores>().Content, provider.GetRequiredService<ContentOptions>()));
        services.AddSingleton(provider => new ContentPlans(
            provider.GetRequiredService<FleetDatabase>(), provider.GetRequiredService<FleetStores>().Content, provider.GetRequiredService<ContentParts>(), provider.GetRequiredService<ContentOptions>()));
        services.AddSingleton<ContentService>();
        return services;
    }

    /// <summary>For the agents' listener alone.</summary>
    public static GrpcServiceEndpointConventionBuilder MapContent(this IEndpointRouteBuilder endpoints) => endpoints.MapGrpcService<ContentService>();
}
