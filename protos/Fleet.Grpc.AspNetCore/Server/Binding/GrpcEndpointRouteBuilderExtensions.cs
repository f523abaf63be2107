using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Binding;
using Grpc.AspNetCore.Server.Calls;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps gRPC services to endpoints.</summary>
public static class GrpcEndpointRouteBuilderExtensions
{
    /// <summary>Serves the methods of <typeparamref name="TService"/>, a class derived from a generated base; each call gets its instance from the services.</summary>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<TService>(this IEndpointRouteBuilder builder)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.ServiceProvider;
        var unimplemented = services.GetService<UnimplementedCalls>()
            ?? throw new InvalidOperationException("gRPC is not among the services: call services.AddGrpc() before MapGrpcService.");
        var ownOptions = services.GetServices<IConfigureOptions<GrpcServiceOptions<TService>>>().Any();
        var options = ownOptions
            ? services.GetRequiredService<IOptions<GrpcServiceOptions<TService>>>().Value
            : services.GetRequiredService<IOptions<GrpcServiceOptions>>().Value;
        var settings = new CallSettings(options, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILoggerFactory>().CreateLogger<ServerCall>());

        var binder = new ServiceBinder<TService>(settings);
        Bind<TService>(binder);
        var conventions = new List<IEndpointConventionBuilder>();
        foreach (var method in binder.Methods)
        {
            conventions.Add(builder.MapPost(method.Method.FullName, method.Handler)
                .WithDisplayName("gRPC - " + method.Method.FullName)
                .WithMetadata([.. typeof(TService).GetCustomAttributes(inherit: true), .. method.Attributes, new GrpcMethodMetadata(typeof(TService), method.Method)]));
        }

        unimplemented.MapOnce(builder);
        return new GrpcServiceEndpointConventionBuilder(conventions);
    }

    private static void Bind<TService>(ServiceBinderBase binder)
        where TService : class
    {
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is not { } attribute)
            {
                continue;
            }

            var bind = attribute.BindType.GetMethod(
                attribute.BindMethodName,
                BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static,
                [typeof(ServiceBinderBase), type])
                ?? throw new InvalidOperationException($"{attribute.BindType}.{attribute.BindMethodName} is missing, so {typeof(TService)} cannot be served.");

            // Without an instance, the generated code tells the methods only.
            bind.Invoke(null, [binder, null]);
            return;
        }

        throw new InvalidOperationException($"{typeof(TService)} is no gRPC service: derive it from the base class that Grpc.Tools generates.");
    }
}
