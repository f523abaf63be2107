using Grpc.AspNetCore.Health;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Serves grpc.health.v1.</summary>
public static class HealthServiceExtensions
{
    /// <summary>Adds the <see cref="HealthBoard"/>; what is never set on it is not known to callers.</summary>
    public static IGrpcServerBuilder AddGrpcHealth(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<HealthBoard>();
        services.TryAddSingleton<HealthGrpcService>();

        // Strangers may ask.
        return services.AddGrpc().AddServiceOptions<HealthGrpcService>(options => options.MaxReceiveMessageSize = 4 * 1024);
    }

    /// <summary>Check, Watch and List.</summary>
    public static GrpcServiceEndpointConventionBuilder MapGrpcHealth(this IEndpointRouteBuilder endpoints) => endpoints.MapGrpcService<HealthGrpcService>();
}
