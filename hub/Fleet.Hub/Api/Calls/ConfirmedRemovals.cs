using Fleet.Hub.Access;
using Fleet.Hub.Core.Rollouts;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Holds;
using Fleet.V1;

namespace Fleet.Hub.Api.Calls;

/// <summary>Notes that an operator has confirmed a cluster's loss of Assignments by name: the guards do not ask him a second time.</summary>
internal sealed class ConfirmedRemovals(FleetStores stores, TimeProvider clock)
{
    /// <summary>Settles, for exactly the targets that stand now, the holds that would be raised.</summary>
    public async Task NoteAsync(Transaction tx, StoredCluster cluster, IReadOnlyList<string> assignments, Caller caller, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        foreach (var assignment in assignments)
        {
            if (await stores.Resources.GetAsync(tx, nameof(Assignment), assignment, cancellationToken).ConfigureAwait(false) is not { } row
                || await stores.Targets.GetAsync(tx, cluster.Id, row.Uid, cancellationToken).ConfigureAwait(false) is not { IsTombstone: false } target)
            {
                continue;
            }

            var name = RemovalHoldNames.Of(assignment, HoldKind.ClusterRemovals, [(cluster.Id, target.Generation)]);
            var hold = new StoredHold(
                Guid.NewGuid().ToString(), name, nameof(HoldKind.ClusterRemovals), "Confirmed with the change of labels.", cluster.Id, row.Uid, [cluster.Name], 1, now, "Released", now, caller.Name);
            await stores.Holds.PutAsync(tx, hold, cancellationToken).ConfigureAwait(false);
            await stores.Holds.SettleAsync(tx, name, "Released", caller.Name, now, cancellationToken).ConfigureAwait(false);
        }
    }
}
