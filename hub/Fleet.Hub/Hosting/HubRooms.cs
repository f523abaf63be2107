using Fleet.Hub.Access;
using Fleet.Hub.Api;
using Fleet.Hub.Audit;
using Fleet.Hub.Content;
using Fleet.Hub.Enrollment;
using Fleet.Hub.Rollouts;
using Fleet.Hub.Rollups;
using Fleet.Hub.Sessions;
using Fleet.Hub.Sources;
using Fleet.Hub.Upgrades;

namespace Fleet.Hub.Hosting;

/// <summary>The hub's rooms: the one list of what it is made of.</summary>
internal static class HubRooms
{
    public static IServiceCollection AddRooms(this IServiceCollection services) => services
        .AddAccess()
        .AddAudit()
        .AddEnrollment()
        .AddSingleton<OpenCredential>(provider => provider.GetRequiredService<Credentials>().OpenAsync)
        .AddSingleton(provider => new NodeIdentity(provider.GetRequiredService<HubOptions>().NodeName, Guid.NewGuid().ToString("N")))
        .AddSources()
        .AddRollouts()
        .AddSessions()
        .AddUpgrades()
        .AddContent()
        .AddRollups()
        .AddApi();

    public static void MapRooms(this IEndpointRouteBuilder app)
    {
        app.MapHealth();
        app.MapEnrollment();
        app.MapApi();
        app.MapSessions().ServeOn(HubListener.Agents);
        app.MapContent().ServeOn(HubListener.Agents);
    }
}
