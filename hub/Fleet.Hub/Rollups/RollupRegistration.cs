namespace Fleet.Hub.Rollups;

/// <summary>Wires the fleet's gauges.</summary>
internal static class RollupRegistration
{
    public static IServiceCollection AddRollups(this IServiceCollection services) => services.AddHostedService<ClusterCounts>();
}
