using Fleet.Hub.Access;
using Fleet.Hub.Api.Calls;
using Fleet.Hub.Api.Rest;
using Fleet.Hub.Api.Views;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Hosting;
using Fleet.Hub.Storage.Resources;
using Fleet.Hub.Storage.Sources;
using Fleet.V1;

namespace Fleet.Hub.Api;

/// <summary>The room's services and endpoints.</summary>
public static class ApiRoom
{
    private const int MaxMessage = 16 * 1024 * 1024;

    /// <summary>The operator API.</summary>
    public static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.AddGrpc(options => options.Interceptors.Add<FailureInterceptor>())
            .AddServiceOptions<FleetApiService>(options => options.MaxReceiveMessageSize = MaxMessage);
        services.AddGrpcHealth();
        services.AddHostedService<GrpcHealth>();

        // What this listener serves, and no more; and to those who may call it.
        services.AddGrpcReflection(
            [FleetApi.Descriptor, EnrollmentService.Descriptor, Grpc.Health.V1.Health.Descriptor], options => options.Interceptors.Add<ApiKeyInterceptor>());
        foreach (var kind in new[] { ResourceKind.GitSource, ResourceKind.ClusterGroup, ResourceKind.Assignment })
        {
            services.AddSingleton<IResourceView>(s => new DeclaredView(
                kind, s.GetRequiredService<ResourceStore>(), s.GetRequiredService<SourceStateStore>(), s.GetRequiredService<TimeProvider>()));
        }

        return services
            .AddView<ClusterView>().AddView<ClusterAssignmentView>().AddView<EnrollmentTokenView>()
            .AddView<HoldView>().AddView<IncidentView>().AddView<AuditEventView>()
            .AddSingleton<ResourceViews>()
            .AddSingleton<ApiChanges>().AddSingleton<MembershipLosses>().AddSingleton<ConfirmedRemovals>().AddSingleton<RemovalCounts>().AddSingleton<ReferenceChecks>()
            .AddSingleton<DeclaredWrites>().AddSingleton<ClusterWrites>()
            .AddSingleton<ApplyCall>().AddSingleton<GetCall>().AddSingleton<ListCall>().AddSingleton<DeleteCall>().AddSingleton<WatchCall>()
            .AddSingleton<TokenCalls>().AddSingleton<ClusterCalls>().AddSingleton<SuspendCalls>().AddSingleton<DecommissionCall>().AddSingleton<SettleCalls>().AddSingleton<UpgradeCalls>().AddSingleton<ApiKeyCalls>().AddSingleton<CredentialCalls>().AddSingleton<VersionCall>()
            .AddSingleton<ApiMethods>().AddSingleton<FleetApiService>().AddSingleton<RestEndpoints>().AddSingleton<FailureInterceptor>().AddSingleton<ApiKeyInterceptor>();
    }

    /// <summary>gRPC and REST, on the API listener; health for whoever asks.</summary>
    public static void MapApi(this IEndpointRouteBuilder app)
    {
        app.MapGrpcService<FleetApiService>().ServeOn(HubListener.Api);
        app.MapGrpcHealth().ServeOn(HubListener.Api);
        foreach (var reflection in app.MapGrpcReflection())
        {
            reflection.ServeOn(HubListener.Api);
        }

        app.ServiceProvider.GetRequiredService<RestEndpoints>().Map(app).ServeOn(HubListener.Api);
    }

    private static IServiceCollection AddView<TView>(this IServiceCollection services)
        where TView : class, IResourceView =>
        services.AddSingleton<TView>().AddSingleton<IResourceView>(s => s.GetRequiredService<TView>());
}
