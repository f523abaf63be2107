using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Fleet.Hub.Upgrades;

/// <summary>Wires the upgrades of agents.</summary>
internal static class UpgradeRegistration
{
    public static IServiceCollection AddUpgrades(this IServiceCollection services)
    {
        services.TryAddSingleton(UpgradeTiming.Standard);
        services.AddSingleton<UpgradeRecords>();
        services.AddHostedService<UpgradeTurns>();
        return services;
    }
}
