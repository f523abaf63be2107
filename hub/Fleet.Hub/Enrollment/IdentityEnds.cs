using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;

namespace Fleet.Hub.Enrollment;

/// <summary>Ends identities in the database; the journal beside it has them already.</summary>
internal sealed class IdentityEnds(FleetStores stores, TimeProvider clock)
{
    /// <summary>Ends one for good: its session, its record's state, and its entry that outlives the record.</summary>
    public async Task EndAsync(Transaction tx, StoredCluster cluster, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await stores.Sync.FenceOffAsync(tx, cluster.Id, "", now, cancellationToken).ConfigureAwait(false);
        await stores.Revocations.AddAsync(tx, [cluster.Id], now, cancellationToken).ConfigureAwait(false);
        await stores.Clusters.UpdateAsync(tx, cluster with { RevokedAt = cluster.RevokedAt ?? now, Changed = now }, cancellationToken).ConfigureAwait(false);
        await stores.Clusters.TransitionAsync(tx, cluster.Id, "Revoked", now, null, cancellationToken).ConfigureAwait(false);
    }
}
