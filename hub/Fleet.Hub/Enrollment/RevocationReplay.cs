using Fleet.Hub.Storage;

namespace Fleet.Hub.Enrollment;

/// <summary>Before the hub is ready: what the journal says was revoked is revoked in the database too, whatever was restored.</summary>
internal sealed partial class RevocationReplay(RevocationJournal journal, FleetDatabase database, FleetStores stores, TimeProvider clock, ILogger<RevocationReplay> logger)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var batch in journal.Revoked.Select(id => id.ToString("D")).Order(StringComparer.Ordinal).Chunk(200))
        {
            await database.WriteAsync(
                async (tx, cancel) =>
                {
                    foreach (var row in await stores.Clusters.GetManyAsync(tx, batch, cancel).ConfigureAwait(false))
                    {
                        if (row.RevokedAt is not null)
                        {
                            continue;
                        }

                        var now = clock.GetUtcNow();
                        await stores.Sync.FenceOffAsync(tx, row.Id, "", now, cancel).ConfigureAwait(false);
                        await stores.Clusters.UpdateAsync(tx, row with { RevokedAt = now, Changed = now }, cancel).ConfigureAwait(false);
                        await stores.Clusters.TransitionAsync(tx, row.Id, "Revoked", now, null, cancel).ConfigureAwait(false);
                        Log.Revived(logger, row.Name);
                    }
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "RevocationReplayed", Level = LogLevel.Warning, Message = "Cluster {Cluster} was revoked before and is not in the database as such (a restore?): it is revoked again")]
        public static partial void Revived(ILogger logger, string cluster);
    }
}
