using Fleet.Hub.Hosting;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Holds;
using Fleet.Hub.Storage.Identity;
using Fleet.Hub.Storage.Reports;
using Fleet.Hub.Storage.Sessions;
using Fleet.Hub.Storage.Targets;
using Fleet.Hub.Storage.Work;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Fleet.Hub.Sessions;

/// <summary>Wires the agents' sessions.</summary>
internal static class SessionRegistration
{
    private const int MaxMessage = 1 << 20;

    public static IServiceCollection AddSessions(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => provider.GetService<HubOptions>() is not { } hub ? new SessionOptions() : new SessionOptions
        {
            Heartbeat = hub.Heartbeat,
            SuspectAfter = hub.SuspectAfter,
            OfflineAfter = hub.OfflineAfter,
            StaleAfter = hub.StaleAfter,
        });
        services.AddGrpc().AddServiceOptions<SessionService>(grpc => grpc.MaxReceiveMessageSize = MaxMessage);
        services.AddStores();
        services.AddSingleton<SessionAdmission>();
        services.AddSingleton<SessionDirectory>();
        services.AddSingleton<SessionRecords>();
        services.AddSingleton<SessionEnds>();
        services.AddSingleton<SessionIncidents>();
        services.AddSingleton<SessionOpening>();
        services.AddSingleton<ClusterTransitions>();
        services.AddSingleton<ReportIntake>();
        services.AddSingleton<ReportedHolds>();
        services.AddSingleton<CommandDesk>();
        services.AddSingleton<SessionService>();
        // The lease first: what an earlier process left under this name is ended before anything begins.
        services.AddHostedService<NodeLease>();
        services.AddHostedService<ReportWriter>();
        services.AddHostedService<DesiredFeed>();
        services.AddHostedService<SessionGuard>();
        services.AddHostedService<ClusterWatch>();
        services.AddHostedService<SessionDrain>();
        services.AddHostedService<CommandRelay>();
        return services;
    }

    /// <summary>For the agents' listener alone.</summary>
    public static GrpcServiceEndpointConventionBuilder MapSessions(this IEndpointRouteBuilder endpoints) => endpoints.MapGrpcService<SessionService>();

    // Stores keep no state: it does not matter who registers them.
    private static void AddStores(this IServiceCollection services)
    {
        services.TryAddSingleton(_ => new FleetStores());
        Add<SyncStore>(services, stores => stores.Sync);
        Add<ClusterStore>(services, stores => stores.Clusters);
        Add<TargetStore>(services, stores => stores.Targets);
        Add<SpecStore>(services, stores => stores.Specs);
        Add<ReportStore>(services, stores => stores.Reports);
        Add<HubStateStore>(services, stores => stores.Hub);
        Add<IncidentStore>(services, stores => stores.Incidents);
        Add<HoldStore>(services, stores => stores.Holds);
        Add<NodeStore>(services, stores => stores.Nodes);
        Add<WorkStore>(services, stores => stores.Work);
        Add<CommandStore>(services, stores => stores.Commands);
    }

    private static void Add<TStore>(IServiceCollection services, Func<FleetStores, TStore> pick)
        where TStore : class =>
        services.TryAddSingleton(provider => pick(provider.GetRequiredService<FleetStores>()));
}
