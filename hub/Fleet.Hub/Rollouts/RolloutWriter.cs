using Fleet.Hub.Core.Rollouts;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Audit;
using Fleet.Hub.Storage.Targets;

namespace Fleet.Hub.Rollouts;

/// <summary>Carries a rollout's decision out: targets, tombstones, holds and their audit rows.</summary>
internal sealed partial class RolloutWriter(
    FleetDatabase database, FleetStores stores, RolloutReader reader, RemovalHolds holds, TimeProvider time, ILogger<RolloutWriter> logger)
{
    private const int MaxNames = 100;

    // Two Assignments that leave one cluster at the same time must see each other's removals.
    private const string RemovalLock = "fleet/removals";

    /// <summary>Writes the decision; returns false when the Assignment changed meanwhile, and so what was decided is of yesterday.</summary>
    public async Task<bool> WriteAsync(RolloutPlan plan, RolloutDecision decision, CancellationToken cancellationToken)
    {
        foreach (var chunk in decision.Upserts.OrderBy(upsert => upsert.Key, StringComparer.Ordinal).Chunk(TargetChanges.ClustersPerChunk))
        {
            if (!await database.WriteAsync((tx, cancel) => SetAsync(tx, plan, chunk, cancel), cancellationToken).ConfigureAwait(false))
            {
                return false;
            }
        }

        if (plan.State.Deletion is not null)
        {
            return await DeleteAsync(plan, decision, cancellationToken).ConfigureAwait(false);
        }

        if (decision.Tombstones.Count == 0 && decision.Holds.Count == 0 && decision.Drop.Count == 0 && !plan.HasOpenHolds)
        {
            return true;
        }

        return await database.WriteAsync((tx, cancel) => LeaveAsync(tx, plan, cancel), cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> SetAsync(Transaction tx, RolloutPlan plan, KeyValuePair<string, WantedTarget>[] chunk, CancellationToken cancel)
    {
        if (!await IsUnchangedAsync(tx, plan, cancel).ConfigureAwait(false))
        {
            return false;
        }

        var now = time.GetUtcNow();
        foreach (var digest in chunk.Select(upsert => upsert.Value.SpecDigest).Distinct(StringComparer.Ordinal))
        {
            await stores.Specs.PutAsync(tx, plan.Specs[digest], now, cancel).ConfigureAwait(false);
        }

        var revision = plan.Revision;
        var audit = AuditRow.New(revision.Commit!, "revision.release", $"Assignment/{plan.Subject.Name}", now) with
        {
            Message = $"{revision.Subject} ({revision.Author})",
            Assignment = plan.Subject.Uid,
            Revision = revision.Commit!,
            Clusters = [.. chunk.Take(MaxNames).Select(upsert => plan.ClusterNames.GetValueOrDefault(upsert.Key, upsert.Key))],
            ClusterCount = chunk.Length,
        };
        await stores.Audit.AppendAsync(tx, audit, cancel).ConfigureAwait(false);
        var changed = await ChangeAsync(tx, chunk.Select(upsert => TargetChange.Set(
            upsert.Key, plan.Subject.Uid, plan.Subject.Name, upsert.Value.Revision, upsert.Value.SpecDigest, upsert.Value.ClosureDigest, audit.Id)), now, cancel).ConfigureAwait(false);
        Log.Released(logger, plan.Subject.Name, revision.Commit!, changed.Count);
        return true;
    }

    private async Task<bool> DeleteAsync(RolloutPlan plan, RolloutDecision decision, CancellationToken cancellationToken)
    {
        foreach (var chunk in decision.Tombstones.OrderBy(removal => removal.ClusterId, StringComparer.Ordinal).Chunk(TargetChanges.ClustersPerChunk))
        {
            await database.WriteAsync((tx, cancel) => RemoveAsync(tx, plan, chunk, "assignment.remove", cancel), cancellationToken).ConfigureAwait(false);
        }

        await database.WriteAsync(async (tx, cancel) =>
        {
            await holds.WriteAsync(tx, plan, [], cancel).ConfigureAwait(false);
            if (decision.Drop.Count > 0)
            {
                await stores.Targets.RemoveAsync(tx, plan.Subject.Uid, decision.Drop, cancel).ConfigureAwait(false);
            }

            var left = await stores.Targets.CountAsync(tx, plan.Subject.Uid, cancel).ConfigureAwait(false);
            if (decision.Finished && left.Live == 0 && left.Tombstones == 0
                && await stores.Resources.GetByUidAsync(tx, plan.Subject.Uid, cancel).ConfigureAwait(false) is { DeletedAt: not null } stored)
            {
                await stores.Resources.RemoveAsync(tx, stored, cancel).ConfigureAwait(false);
                await stores.Audit.AppendAsync(
                    tx, AuditRow.New("hub", "assignment.removed", $"Assignment/{stored.Name}", time.GetUtcNow()) with { Assignment = stored.Uid, Message = "Every cluster has carried its removal out." }, cancel).ConfigureAwait(false);
                Log.Removed(logger, stored.Name);
            }
        }, cancellationToken).ConfigureAwait(false);
        return true;
    }

    // Decided again under the lock, from counts that no other removal can change any more.
    private async Task<bool> LeaveAsync(Transaction tx, RolloutPlan plan, CancellationToken cancel)
    {
        await tx.LockAsync(RemovalLock, cancel).ConfigureAwait(false);
        if (!await IsUnchangedAsync(tx, plan, cancel).ConfigureAwait(false))
        {
            return false;
        }

        var decision = Rollout.Decide(await reader.GuardedAsync(tx, plan, cancel).ConfigureAwait(false));
        if (decision.Tombstones.Count > 0)
        {
            await RemoveAsync(tx, plan, decision.Tombstones, "assignment.leave", cancel).ConfigureAwait(false);
        }

        if (decision.Drop.Count > 0)
        {
            await stores.Targets.RemoveAsync(tx, plan.Subject.Uid, decision.Drop, cancel).ConfigureAwait(false);
        }

        await holds.WriteAsync(tx, plan, decision.Holds, cancel).ConfigureAwait(false);
        return true;
    }

    private async Task RemoveAsync(Transaction tx, RolloutPlan plan, IReadOnlyList<TargetRemoval> removals, string action, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var audit = AuditRow.New("hub", action, $"Assignment/{plan.Subject.Name}", now) with
        {
            Message = string.Join(", ", removals.GroupBy(removal => (removal.Reason, removal.Policy)).Select(group => $"{group.Key.Reason}: {group.Key.Policy} at {group.Count()}")),
            Assignment = plan.Subject.Uid,
            Clusters = [.. removals.Take(MaxNames).Select(removal => plan.ClusterNames.GetValueOrDefault(removal.ClusterId, removal.ClusterId))],
            ClusterCount = removals.Count,
        };
        await stores.Audit.AppendAsync(tx, audit, cancel).ConfigureAwait(false);
        await ChangeAsync(tx, removals.Select(removal => TargetChange.Remove(
            removal.ClusterId, plan.Subject.Uid, plan.Subject.Name,
            RemovalPolicies.Wire(removal.Reason).ToString(), RemovalPolicies.Wire(removal.Policy).ToString(), audit.Id)), now, cancel).ConfigureAwait(false);
        Log.Leaves(logger, plan.Subject.Name, removals.Count, action);
    }

    private async Task<IReadOnlyList<ChangedCluster>> ChangeAsync(Transaction tx, IEnumerable<TargetChange> changes, DateTimeOffset now, CancellationToken cancel)
    {
        var hub = await stores.Hub.GetAsync(tx, cancel).ConfigureAwait(false) ?? throw new InvalidOperationException("The hub has no identity yet.");
        return await stores.Targets.ChangeAsync(tx, [.. changes], hub.Lineage.ToBytes(), now, cancel).ConfigureAwait(false);
    }

    private async Task<bool> IsUnchangedAsync(Transaction tx, RolloutPlan plan, CancellationToken cancel)
    {
        await tx.LockAsync($"rollout/{plan.Subject.Uid}", cancel).ConfigureAwait(false);
        var stored = await stores.Resources.GetByUidAsync(tx, plan.Subject.Uid, cancel).ConfigureAwait(false);
        return stored is not null && stored.Generation == plan.Subject.Stored.Generation && stored.DeletedAt == plan.Subject.Stored.DeletedAt;
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "RevisionReleased", Level = LogLevel.Information, Message = "Assignment {Assignment}: revision {Revision} goes to {Count} clusters")]
        public static partial void Released(ILogger logger, string assignment, string revision, int count);

        [LoggerMessage(EventName = "AssignmentLeaves", Level = LogLevel.Information, Message = "Assignment {Assignment} leaves {Count} clusters ({Action})")]
        public static partial void Leaves(ILogger logger, string assignment, int count, string action);

        [LoggerMessage(EventName = "AssignmentRemoved", Level = LogLevel.Information, Message = "Assignment {Assignment} is removed everywhere")]
        public static partial void Removed(ILogger logger, string assignment);
    }
}
