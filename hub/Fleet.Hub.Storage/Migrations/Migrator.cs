namespace Fleet.Hub.Storage.Migrations;

/// <summary>Brings a database to the schema of this hub, one transaction a step, whatever other nodes do meanwhile.</summary>
internal static class Migrator
{
    // Any constant will do, as long as all hub versions use the same one.
    private const string Lock = "fleet/schema";

    public static Task MigrateAsync(FleetDatabase database, CancellationToken cancellationToken) =>
        MigrateAsync(database, Migration.All, cancellationToken);

    internal static async Task MigrateAsync(FleetDatabase database, IReadOnlyList<Migration> known, CancellationToken cancellationToken)
    {
        while (await database.WriteAsync((transaction, cancel) => StepAsync(transaction, known, database.Clock, cancel), cancellationToken).ConfigureAwait(false))
        {
        }
    }

    /// <summary>True while there may be another step.</summary>
    private static async Task<bool> StepAsync(Transaction transaction, IReadOnlyList<Migration> known, TimeProvider clock, CancellationToken cancellationToken)
    {
        await transaction.LockAsync(Lock, cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            transaction.Dialect.Types("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY, name {text} NOT NULL, compatible_from BIGINT NOT NULL, applied BIGINT NOT NULL)"),
            null,
            cancellationToken).ConfigureAwait(false);
        var last = await transaction.FirstAsync<Applied>(
            "SELECT version, name, compatible_from FROM schema_version ORDER BY version DESC LIMIT 1", null, cancellationToken).ConfigureAwait(false);
        var version = last?.Version ?? 0;
        if (last is not null && version > known.Count)
        {
            return last.CompatibleFrom <= known.Count ? false : throw new StorageException(
                StorageFailure.NewerSchema,
                $"The database has schema {version} ({last.Name}), which a newer hub made; this hub knows schemas up to {known.Count} and {version} needs a hub that knows at least {last.CompatibleFrom}. "
                + "Start a hub of the newer version, or restore a backup from before the upgrade.");
        }

        if (version == known.Count)
        {
            return false;
        }

        var next = known[(int)version];
        await transaction.ExecuteAsync(transaction.Dialect.Types(next.Sql), null, cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            "INSERT INTO schema_version (version, name, compatible_from, applied) VALUES (@Version, @Name, @CompatibleFrom, @applied)",
            new { next.Version, next.Name, next.CompatibleFrom, applied = clock.GetUtcNow() },
            cancellationToken).ConfigureAwait(false);
        return true;
    }

    private sealed record Applied(long Version, string Name, long CompatibleFrom);
}
