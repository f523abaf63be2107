using System.Security.Cryptography;
using Fleet.Hub.Access;
using Fleet.Hub.Api.Views;
using Fleet.Hub.Audit;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Enrollment;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;
using Fleet.V1;

namespace Fleet.Hub.Api.Calls;

/// <summary>Approve, revoke and label clusters.</summary>
internal sealed class ClusterCalls(
    FleetDatabase database, FleetStores stores, ClusterView view, ClusterWrites writes, MembershipLosses losses, ConfirmedRemovals confirmed, RevocationJournal journal, IdentityEnds ends,
    ApiChanges changes, AuditWrites audit, TimeProvider clock)
{
    public Task<Cluster> ApproveAsync(ApproveClusterRequest request, Caller caller, CancellationToken cancellationToken) => ChangeAsync(
        request.Name,
        async (tx, cluster, cancel) =>
        {
            var identity = await stores.Clusters.LockIdentityAsync(tx, cluster.Id, cancel).ConfigureAwait(false);
            if (cluster.RevokedAt is not null)
            {
                throw Refusals.Precondition("CLUSTER_REVOKED", $"Cluster {cluster.Name} was revoked, which is final: remove its record with fleetctl clusters remove {cluster.Name}, and enroll it anew.");
            }

            if (identity?.PendingKey is not { } pending)
            {
                throw Refusals.Precondition("NOTHING_PENDING", $"Cluster {cluster.Name} is {cluster.State} and nothing of it waits for approval.");
            }

            // The key that waits takes the place of the bound one: certificates of the old key end with this.
            await stores.Clusters.PutIdentityAsync(
                tx,
                identity with
                {
                    Key = pending,
                    KeyHash = SHA256.HashData(pending),
                    NextKey = null,
                    NextKeyHash = null,
                    PendingKey = null,
                    PendingRequestId = "",
                    PendingToken = "",
                    PendingSince = null,
                },
                cancel).ConfigureAwait(false);
            if (cluster.State == EnrollmentReader.PendingApproval)
            {
                await stores.Clusters.TransitionAsync(tx, cluster.Id, "NeverConnected", clock.GetUtcNow(), null, cancel).ConfigureAwait(false);
            }
            else
            {
                await stores.Sync.FenceOffAsync(tx, cluster.Id, "", clock.GetUtcNow(), cancel).ConfigureAwait(false);
                await stores.Clusters.UpdateAsync(tx, cluster with { Changed = clock.GetUtcNow() }, cancel).ConfigureAwait(false);
            }

            await audit.AddAsync(tx, caller, "cluster.approve", cluster, "", cancel).ConfigureAwait(false);
            await changes.RaiseMembershipAsync(tx, cancel).ConfigureAwait(false);
        },
        cancellationToken);

    public async Task<Cluster> RevokeAsync(RevokeClusterRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var found = await database.ReadAsync((tx, cancel) => stores.Clusters.GetByNameAsync(tx, request.Name, cancel), cancellationToken).ConfigureAwait(false)
            ?? throw GetCall.Missing(ResourceKind.Cluster, request.Name);

        // First outside the database: a crash in between leaves the identity ended, not alive.
        journal.Add(Guid.ParseExact(found.Id, "D"), clock.GetUtcNow());
        return await ChangeAsync(
            request.Name,
            (tx, cluster, cancel) => RevokeAsync(tx, cluster, caller, cancel),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends an identity in the database; the journal has it already.</summary>
    internal async Task RevokeAsync(Transaction tx, StoredCluster cluster, Caller caller, CancellationToken cancellationToken)
    {
        await ends.EndAsync(tx, cluster, cancellationToken).ConfigureAwait(false);
        await audit.AddAsync(tx, caller, "cluster.revoke", cluster, "", cancellationToken).ConfigureAwait(false);
        await changes.RaiseMembershipAsync(tx, cancellationToken).ConfigureAwait(false);
    }

    public Task<Cluster> LabelAsync(LabelClusterRequest request, Caller caller, CancellationToken cancellationToken) => ChangeAsync(
        request.Name,
        async (tx, cluster, cancel) =>
        {
            var labels = cluster.Labels.ToDictionary();
            foreach (var (key, value) in request.Set)
            {
                if ((LabelSyntax.KeyProblem(key) ?? LabelSyntax.ValueProblem(value)) is { } problem)
                {
                    throw Refusals.Invalid(problem);
                }

                labels[key] = value;
            }

            foreach (var key in request.Remove)
            {
                labels.Remove(key);
            }

            var lost = await losses.OfAsync(tx, cluster, labels, cancel).ConfigureAwait(false);
            if (lost.Count > 0 && !request.Confirm)
            {
                throw Refusals.Precondition("WOULD_LOSE_ASSIGNMENTS", $"With these labels cluster {cluster.Name} would lose {MembershipLosses.Describe(lost)}; each Assignment's onRemove says whether its objects stay or go. Confirm if that is meant.");
            }

            await writes.StoreAsync(tx, cluster, cluster with { Labels = labels }, "cluster.label", caller, write: true, cancel).ConfigureAwait(false);
            await confirmed.NoteAsync(tx, cluster, lost, caller, cancel).ConfigureAwait(false);
        },
        cancellationToken);

    private Task<Cluster> ChangeAsync(string name, Func<Transaction, StoredCluster, CancellationToken, Task> change, CancellationToken cancellationToken) => database.WriteAsync(
        async (tx, cancel) =>
        {
            var found = await stores.Clusters.GetByNameAsync(tx, name, cancel).ConfigureAwait(false) ?? throw GetCall.Missing(ResourceKind.Cluster, name);

            // Row order as everywhere: the session's first, then the cluster's.
            await stores.Sync.LockAsync(tx, found.Id, cancel).ConfigureAwait(false);
            var locked = await stores.Clusters.LockAsync(tx, found.Id, cancel).ConfigureAwait(false) ?? throw GetCall.Missing(ResourceKind.Cluster, name);
            await change(tx, locked, cancel).ConfigureAwait(false);
            return (await view.GetAsync(tx, name, cancel).ConfigureAwait(false))!.Cluster;
        },
        cancellationToken);
}
