using Fleet.Hub.Storage.Signals;

namespace Fleet.Hub.Storage.Clusters;

/// <summary>Every identity that was ever ended. A cluster whose record was removed stays in here.</summary>
public sealed class RevocationStore
{
    /// <summary>Adds some; those that are in already stay as they are.</summary>
    public async Task AddAsync(Transaction transaction, IEnumerable<string> clusters, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var cluster in clusters)
        {
            await transaction.ExecuteAsync(
                "INSERT INTO revocation (cluster, revoked_at) VALUES (@cluster, @now) ON CONFLICT DO NOTHING", new { cluster, now }, cancellationToken).ConfigureAwait(false);
        }

        transaction.Signal(Topics.Revocations);
    }

    /// <summary>All of them.</summary>
    public Task<IReadOnlyList<string>> AllAsync(Transaction transaction, CancellationToken cancellationToken) =>
        transaction.QueryAsync<string>("SELECT cluster FROM revocation ORDER BY cluster", null, cancellationToken);
}
