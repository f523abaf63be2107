using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Sessions;
using Fleet.V1;

namespace Fleet.Hub.Sessions;

/// <summary>Tells an agent why its session is no longer the cluster's live one.</summary>
internal sealed class SessionEnds(FleetDatabase database, SyncStore syncs, ClusterStore clusters)
{
    /// <summary>Ends the session if it is not the live one any more; false: it is.</summary>
    public async Task<bool> EndIfOverAsync(LiveSession session, CancellationToken cancellationToken)
    {
        var (sync, cluster) = await database.ReadAsync(async (tx, cancel) => (
            await syncs.GetAsync(tx, session.ClusterId, cancel).ConfigureAwait(false),
            await clusters.GetAsync(tx, session.ClusterId, cancel).ConfigureAwait(false)), cancellationToken).ConfigureAwait(false);
        if (sync is { SessionId: not null } && (ulong)sync.Fence == session.Fence)
        {
            return false;
        }

        End(session, cluster);
        return true;
    }

    /// <summary>Ends a session that is over, by what became of its cluster.</summary>
    public static void End(LiveSession session, StoredCluster? cluster)
    {
        switch (cluster)
        {
            case null:
                session.End(VerdictKind.Revoked, "This cluster was removed from the hub. What it runs stays.");
                break;
            case { RevokedAt: not null }:
                session.End(VerdictKind.Revoked, "An operator has ended this cluster's identity. What it runs stays; enroll it again to manage it.");
                break;
            case { State: "Quarantined" }:
                session.End(VerdictKind.Quarantined, SessionWords.Quarantined);
                break;
            default:
                SessionDirectory.Supersede(session);
                break;
        }
    }
}
