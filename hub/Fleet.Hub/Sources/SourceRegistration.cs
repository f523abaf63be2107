using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Fleet.Hub.Sources;

/// <summary>Wires the polling of GitSources. <see cref="OpenCredential"/> is registered by who keeps the credentials.</summary>
internal static class SourceRegistration
{
    public static IServiceCollection AddSources(this IServiceCollection services)
    {
        services.TryAddSingleton<SourceOptions>();
        services.AddSingleton<SourceRemotes>();
        services.AddSingleton<SourcePoll>();
        services.AddSingleton<SourceRecords>();
        services.AddHostedService<SourceController>();
        return services;
    }
}
