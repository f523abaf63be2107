using Grpc.AspNetCore.Reflection;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Serves server reflection, v1 and v1alpha.</summary>
public static class ReflectionServiceExtensions
{
    private const int MaxRequest = 16 * 1024;

    /// <summary>Describes these services and what their files import, and nothing else of the process.</summary>
    /// <param name="services">The application's.</param>
    /// <param name="described">What callers may learn of.</param>
    /// <param name="configure">Options of reflection itself, such as an interceptor that asks who is calling.</param>
    public static IGrpcServerBuilder AddGrpcReflection(
        this IServiceCollection services, IEnumerable<Google.Protobuf.Reflection.ServiceDescriptor> described, Action<GrpcServiceOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        Google.Protobuf.Reflection.ServiceDescriptor[] all =
        [
            .. described, Grpc.Reflection.V1.ServerReflection.Descriptor, Grpc.Reflection.V1Alpha.ServerReflection.Descriptor,
        ];
        services.TryAddSingleton(_ => new ReflectionAnswers(new DescriptorIndex(all)));
        return services.AddGrpc()
            .AddServiceOptions<ReflectionGrpcService>(Configure)
            .AddServiceOptions<ReflectionAlphaGrpcService>(Configure);

        void Configure(GrpcServiceOptions options)
        {
            options.MaxReceiveMessageSize = MaxRequest;
            configure?.Invoke(options);
        }
    }

    /// <summary>Both versions; conventions set on the result hold for both.</summary>
    public static IReadOnlyList<GrpcServiceEndpointConventionBuilder> MapGrpcReflection(this IEndpointRouteBuilder endpoints) =>
        [endpoints.MapGrpcService<ReflectionGrpcService>(), endpoints.MapGrpcService<ReflectionAlphaGrpcService>()];
}
