using Fleet.Hub.Access;
using Fleet.Hub.Api;
using Fleet.Hub.Enrollment;

namespace Fleet.Hub.Hosting;

/// <summary>The hub's rooms: the one list of what it is made of.</summary>
internal static class HubRooms
{
    public static IServiceCollection AddRooms(this IServiceCollection services) => services
        .AddAccess()
        .AddEnrollment()
        .AddApi();

    public static void MapRooms(this IEndpointRouteBuilder app)
    {
        app.MapHealth();
        app.MapEnrollment();
        app.MapApi();
    }
}
