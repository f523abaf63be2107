using Fleet.Hub.Git;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Sealing;

namespace Fleet.Hub.Hosting;

/// <summary>The database, its stores one by one, and the Git mirrors.</summary>
internal static class StorageRoom
{
    public static IServiceCollection AddStorage(this IServiceCollection services, FleetDatabase database, FleetStores stores, Sealer sealer, HubOptions options, TimeProvider clock)
    {
        services.AddSingleton(sealer).AddSingleton(stores);

        // By instance, so that the container does not end what is opened before it and must outlive it.
        services.AddSingleton(database);
        foreach (var property in typeof(FleetStores).GetProperties())
        {
            services.AddSingleton(property.PropertyType, property.GetValue(stores)!);
        }

        return services.AddSingleton(_ => new GitMirrors(Path.Combine(options.DataFolder, "mirrors"), new GitOptions { MaxProcesses = 16 }, clock));
    }
}
