using Fleet.Hub.Storage;

namespace Fleet.Hub.Enrollment;

/// <summary>Before the hub is ready: journal and database are made to say the same, whatever was restored.</summary>
internal sealed partial class RevocationReplay(RevocationJournal journal, FleetDatabase database, FleetStores stores, IdentityEnds ends, TimeProvider clock, ILogger<RevocationReplay> logger)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await NoteAsync(cancellationToken).ConfigureAwait(false);
        foreach (var batch in journal.Revoked.Select(id => id.ToString("D")).Order(StringComparer.Ordinal).Chunk(200))
        {
            await database.WriteAsync(
                async (tx, cancel) =>
                {
                    await stores.Revocations.AddAsync(tx, batch, clock.GetUtcNow(), cancel).ConfigureAwait(false);
                    foreach (var row in await stores.Clusters.GetManyAsync(tx, batch, cancel).ConfigureAwait(false))
                    {
                        if (row.RevokedAt is not null)
                        {
                            continue;
                        }

                        await ends.EndAsync(tx, row, cancel).ConfigureAwait(false);
                        Log.Revived(logger, row.Name);
                    }
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes into this node's journal what other nodes have revoked: any node's journal outlives a restore.</summary>
    public async Task NoteAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        foreach (var id in await database.ReadAsync(stores.Revocations.AllAsync, cancellationToken).ConfigureAwait(false))
        {
            if (Guid.TryParseExact(id, "D", out var cluster))
            {
                journal.Add(cluster, now);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "RevocationReplayed", Level = LogLevel.Warning, Message = "Cluster {Cluster} was revoked before and is not in the database as such (a restore?): it is revoked again")]
        public static partial void Revived(ILogger logger, string cluster);
    }
}
