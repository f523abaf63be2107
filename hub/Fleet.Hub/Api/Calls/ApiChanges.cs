using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Resources;
using Fleet.Hub.Storage.Work;
using Fleet.V1;

namespace Fleet.Hub.Api.Calls;

/// <summary>Wakes the controllers that a change concerns, in its transaction.</summary>
internal sealed class ApiChanges(WorkStore work, TimeProvider clock)
{
    /// <summary>A declared resource was written or marked as deleted.</summary>
    public Task RaiseAsync(Transaction tx, StoredResource row, CancellationToken cancellationToken) => row.Kind switch
    {
        nameof(GitSource) => work.RaiseAsync(tx, "source", row.Uid, clock.GetUtcNow(), cancellationToken),
        nameof(Assignment) => work.RaiseAsync(tx, "rollout", row.Uid, clock.GetUtcNow(), cancellationToken),
        _ => RaiseMembershipAsync(tx, cancellationToken),
    };

    /// <summary>Groups, labels or the set of clusters changed.</summary>
    public Task RaiseMembershipAsync(Transaction tx, CancellationToken cancellationToken) => work.RaiseAsync(tx, "membership", "all", clock.GetUtcNow(), cancellationToken);
}
