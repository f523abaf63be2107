using Fleet.Hub.Access;
using Fleet.Hub.Api.Ports;
using Fleet.Hub.Enrollment;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Audit;
using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Targets;
using Fleet.Hub.Work;
using Fleet.V1;

namespace Fleet.Hub.Rollouts;

/// <summary>Takes clusters out of the fleet: tombstones for everything, and the end of the identity once they are carried out.</summary>
internal sealed partial class Decommissions(
    FleetDatabase database, FleetStores stores, IdentityEnds ends, RevocationJournal journal, TimeProvider time, ILogger<Decommissions> logger) : IDecommissions
{
    private const int MaxNames = 20;

    public Task<DecommissionClusterResponse?> DecommissionAsync(DecommissionClusterRequest request, int objects, Caller caller, CancellationToken cancellationToken) =>
        database.WriteAsync<DecommissionClusterResponse?>(async (tx, cancel) =>
        {
            if (await LockAsync(tx, await IdAsync(tx, request.Name, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false) is not { } cluster)
            {
                return null;
            }

            if (cluster.RevokedAt is not null)
            {
                return new DecommissionClusterResponse { Done = true, Message = $"Cluster {cluster.Name}: its identity has ended already. Forget its record with fleetctl clusters remove {cluster.Name}." };
            }

            var targets = await LiveAsync(tx, cluster.Id, cancel).ConfigureAwait(false);
            return request.Force
                ? await ForceAsync(tx, cluster, targets, objects, caller, cancel).ConfigureAwait(false)
                : await BeginAsync(tx, cluster, targets, request.Policy == "delete" ? RemovalPolicy.Delete : RemovalPolicy.Keep, objects, caller, cancel).ConfigureAwait(false);
        }, cancellationToken);

    /// <summary>Goes on with a decommissioning; true once it is over, or was called off.</summary>
    public Task<bool> ContinueAsync(string clusterId, CancellationToken cancellationToken) => database.WriteAsync(async (tx, cancel) =>
    {
        if (await LockAsync(tx, clusterId, cancel).ConfigureAwait(false) is not { } cluster
            || await stores.Decommissions.GetAsync(tx, clusterId, cancel).ConfigureAwait(false) is not { } decommission)
        {
            return true;
        }

        // A rollout that had been decided just before may have given it something once more.
        var late = await LiveAsync(tx, clusterId, cancel).ConfigureAwait(false);
        await BuryAsync(tx, cluster, late, decommission.Policy, decommission.Actor, "a target that was written meanwhile", cancel).ConfigureAwait(false);
        if ((await stores.Targets.OfClusterAsync(tx, clusterId, 0, cancel).ConfigureAwait(false)).Count > 0)
        {
            return false;
        }

        await FinishAsync(tx, cluster, "hub", "cluster.decommissioned", "Its agent has let go of everything; its identity has ended.", cancel).ConfigureAwait(false);
        return true;
    }, cancellationToken);

    private async Task<DecommissionClusterResponse> BeginAsync(
        Transaction tx, StoredCluster cluster, IReadOnlyList<StoredTarget> targets, RemovalPolicy policy, int objects, Caller caller, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        await stores.Decommissions.PutAsync(tx, new StoredDecommission(cluster.Id, policy.ToString(), caller.Name, now), cancel).ConfigureAwait(false);
        await stores.Clusters.UpdateAsync(tx, cluster with { DeletedAt = cluster.DeletedAt ?? now, Changed = now }, cancel).ConfigureAwait(false);
        var words = policy == RemovalPolicy.Delete ? $"{objects} objects are deleted from it" : $"{objects} objects stay in it, unmanaged";
        await BuryAsync(tx, cluster, await EveryAsync(tx, cluster.Id, targets, cancel).ConfigureAwait(false), policy.ToString(), caller.Name, $"policy {policy}: {words}", cancel).ConfigureAwait(false);
        await stores.Work.RaiseNowAsync(tx, WorkKinds.Decommission, cluster.Id, database.Clock, cancel).ConfigureAwait(false);
        await stores.Work.RaiseNowAsync(tx, WorkKinds.Membership, WorkKinds.All, database.Clock, cancel).ConfigureAwait(false);
        Log.Begun(logger, cluster.Name, targets.Count, policy);
        return new DecommissionClusterResponse
        {
            Assignments = targets.Count,
            Objects = objects,
            Message = $"Cluster {cluster.Name} is being decommissioned: {targets.Count} Assignments leave it, {words}. Its identity ends once its agent has carried that out"
                + (cluster.State == "Connected" ? "." : $"; it is {cluster.State} now. If it never comes back, use --force."),
        };
    }

    private async Task<DecommissionClusterResponse> ForceAsync(
        Transaction tx, StoredCluster cluster, IReadOnlyList<StoredTarget> targets, int objects, Caller caller, CancellationToken cancel)
    {
        var all = await stores.Targets.OfClusterAsync(tx, cluster.Id, 0, cancel).ConfigureAwait(false);
        var behind = all.Count == 0
            ? "nothing that the hub knows of"
            : $"{objects} objects of {string.Join(", ", all.Take(MaxNames).Select(target => target.AssignmentName))}{(all.Count > MaxNames ? $" and {all.Count - MaxNames} more" : "")}, with Fleet's labels, and the agent itself";
        foreach (var target in all)
        {
            await stores.Targets.RemoveAsync(tx, target.Assignment, [cluster.Id], cancel).ConfigureAwait(false);
        }

        await stores.Work.RaiseReportedAsync(tx, all.Select(target => target.Assignment), database.Clock, cancel).ConfigureAwait(false);
        await FinishAsync(tx, cluster with { DeletedAt = cluster.DeletedAt ?? time.GetUtcNow() }, caller.Name, "cluster.decommission-forced", $"Left behind: {behind}.", cancel).ConfigureAwait(false);
        return new DecommissionClusterResponse
        {
            Done = true,
            Assignments = targets.Count,
            Objects = objects,
            Message = $"Cluster {cluster.Name}: its identity has ended. Nothing was asked of its agent; left behind in the cluster: {behind}.",
        };
    }

    private async Task FinishAsync(Transaction tx, StoredCluster cluster, string actor, string action, string message, CancellationToken cancel)
    {
        // On disk before it is committed: a crash between the two leaves the identity ended, which is what was asked for.
        journal.Add(Guid.ParseExact(cluster.Id, "D"), time.GetUtcNow());
        await ends.EndAsync(tx, cluster, cancel).ConfigureAwait(false);
        await stores.Decommissions.RemoveAsync(tx, cluster.Id, cancel).ConfigureAwait(false);
        await stores.Audit.AppendAsync(tx, Row(cluster, actor, action, message), cancel).ConfigureAwait(false);
        await stores.Work.RaiseNowAsync(tx, WorkKinds.Membership, WorkKinds.All, database.Clock, cancel).ConfigureAwait(false);
        Log.Finished(logger, cluster.Name, message);
    }

    private async Task BuryAsync(Transaction tx, StoredCluster cluster, IReadOnlyList<StoredTarget> targets, string policy, string actor, string message, CancellationToken cancel)
    {
        if (targets.Count == 0 && actor == "hub")
        {
            return;
        }

        var audit = Row(cluster, actor, "cluster.decommission", message);
        if (targets.Count > 0)
        {
            var hub = await stores.Hub.GetAsync(tx, cancel).ConfigureAwait(false) ?? throw new InvalidOperationException("The hub has no identity yet.");
            var changes = targets.Select(target => TargetChange.Remove(
                cluster.Id, target.Assignment, target.AssignmentName, nameof(RemovalCause.ClusterDecommissioned), policy, audit.Id));
            await stores.Targets.ChangeAsync(tx, [.. changes], hub.Lineage.ToBytes(), time.GetUtcNow(), cancel).ConfigureAwait(false);
            await stores.Work.RaiseReportedAsync(tx, targets.Select(target => target.Assignment), database.Clock, cancel).ConfigureAwait(false);
        }

        await stores.Audit.AppendAsync(tx, audit, cancel).ConfigureAwait(false);
    }

    // A second call may change the policy of what is not carried out yet; removals for other causes stay as they are.
    private async Task<IReadOnlyList<StoredTarget>> EveryAsync(Transaction tx, string cluster, IReadOnlyList<StoredTarget> live, CancellationToken cancel) =>
        [.. live, .. (await stores.Targets.OfClusterAsync(tx, cluster, 0, cancel).ConfigureAwait(false)).Where(target => target.TombstoneCause == nameof(RemovalCause.ClusterDecommissioned))];

    private async Task<IReadOnlyList<StoredTarget>> LiveAsync(Transaction tx, string cluster, CancellationToken cancel) =>
        [.. (await stores.Targets.OfClusterAsync(tx, cluster, 0, cancel).ConfigureAwait(false)).Where(target => !target.IsTombstone)];

    private async Task<string> IdAsync(Transaction tx, string name, CancellationToken cancel) =>
        (await stores.Clusters.GetByNameAsync(tx, name, cancel).ConfigureAwait(false))?.Id ?? "";

    // Row order as everywhere: the session's first, then the cluster's.
    private async Task<StoredCluster?> LockAsync(Transaction tx, string id, CancellationToken cancel)
    {
        await stores.Sync.LockAsync(tx, id, cancel).ConfigureAwait(false);
        return await stores.Clusters.LockAsync(tx, id, cancel).ConfigureAwait(false);
    }

    private AuditRow Row(StoredCluster cluster, string actor, string action, string message) =>
        AuditRow.New(actor, action, $"Cluster/{cluster.Name}", time.GetUtcNow()) with { Message = message, Cluster = cluster.Id, Clusters = [cluster.Name], ClusterCount = 1 };

    private static partial class Log
    {
        [LoggerMessage(EventName = "DecommissionBegun", Level = LogLevel.Information, Message = "Cluster {Cluster} is being decommissioned: {Count} Assignments leave it ({Policy})")]
        public static partial void Begun(ILogger logger, string cluster, int count, RemovalPolicy policy);

        [LoggerMessage(EventName = "DecommissionFinished", Level = LogLevel.Information, Message = "Cluster {Cluster} is decommissioned: {Message}")]
        public static partial void Finished(ILogger logger, string cluster, string message);
    }
}
