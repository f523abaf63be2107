using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Postgres;
using Fleet.Hub.Storage.Sealing;
using Fleet.Hub.Storage.Sqlite;

namespace Fleet.Hub.Hosting;

/// <summary>Opens the database and the sealer that the options name.</summary>
internal static class HubDatabase
{
    private const string KeyVariable = "FLEET_MASTER_KEY";

    public static async Task<FleetDatabase> OpenAsync(HubOptions options, TimeProvider clock, ILoggerFactory loggers, CancellationToken cancellationToken) =>
        options.Postgres is { } connection
            ? await PostgresDatabase.OpenAsync(connection, options.NodeName, clock, loggers, cancellationToken).ConfigureAwait(false)
            : await SqliteDatabase.OpenAsync(Path.Combine(options.DataFolder, "fleet.db"), clock, cancellationToken).ConfigureAwait(false);

    /// <summary>The sealer, and the file of a master key that was just made (null: none was).</summary>
    public static (Sealer Sealer, string? MadeKeyFile) OpenSealer(HubOptions options)
    {
        if (options.MasterKeyFile is { } file)
        {
            return (new Sealer(MasterKeyFile.Read(file)), null);
        }

        if (Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } text)
        {
            return (new Sealer([MasterKey.Parse(text)]), null);
        }

        var made = Path.Combine(options.DataFolder, "master.key");
        var (keys, created) = MasterKeyFile.ReadOrCreate(made);
        return (new Sealer(keys), created ? made : null);
    }
}
