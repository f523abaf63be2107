using Fleet.Hub.Api.Ports;
using Fleet.Hub.Assignments;
using Fleet.Hub.Git;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Fleet.Hub.Rollouts;

/// <summary>Wires what turns Assignments into targets.</summary>
internal static class RolloutRegistration
{
    public static IServiceCollection AddRollouts(this IServiceCollection services)
    {
        services.TryAddSingleton(ClosureLimits.Default);
        services.AddSingleton<ClosurePins>();
        services.AddSingleton<AssignmentRevisions>();
        services.AddSingleton<RemovalHolds>();
        services.AddSingleton<RolloutReader>();
        services.AddSingleton<RolloutWriter>();
        services.AddSingleton<AssignmentStatuses>();
        services.AddSingleton<GroupStatuses>();
        services.AddSingleton<IPlanPreviews, PlanPreviews>();
        services.AddSingleton<ISyncRequests, SyncRequests>();
        services.AddSingleton<IHoldReleases, HoldReleases>();
        services.TryAddSingleton<Enrollment.IdentityEnds>();
        services.AddSingleton<Decommissions>();
        services.AddSingleton<IDecommissions>(provider => provider.GetRequiredService<Decommissions>());
        services.AddHostedService<DecommissionController>();
        services.AddHostedService<RolloutController>();
        services.AddHostedService<MembershipController>();
        services.AddHostedService<GroupStatusController>();
        services.AddHostedService<Work.Housekeeping>();
        return services;
    }
}
