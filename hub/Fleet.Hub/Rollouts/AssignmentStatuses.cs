using Fleet.Hub.Core.Clusters;
using Fleet.Hub.Core.Conditions;
using Fleet.Hub.Core.Rollouts;
using Fleet.Hub.Core.Rollups;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Reports;
using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Hub.Rollouts;

/// <summary>Writes what operators see of an Assignment. Nothing is written when nothing that is shown has changed.</summary>
internal sealed class AssignmentStatuses(FleetDatabase database, FleetStores stores, TimeProvider time)
{
    private const int MaxNotReady = 50;
    private const int MaxMessage = 500;

    public async Task WriteAsync(RolloutPlan plan, RolloutDecision decision, CancellationToken cancellationToken)
    {
        var before = plan.Subject.Status;
        var status = await database.ReadAsync((tx, cancel) => FoldAsync(tx, plan, decision, cancel), cancellationToken).ConfigureAwait(false);
        Rollups.RollupMeters.Assignments[plan.Subject.Uid] = (plan.Subject.Name, plan.Subject.Assignment.Spec.Source, status.Counts);
        if (status.Equals(before))
        {
            return;
        }

        await database.WriteAsync((tx, cancel) => stores.Resources.PutStatusAsync(tx, plan.Subject.Uid, status.ToByteArray(), time.GetUtcNow(), cancel), cancellationToken).ConfigureAwait(false);
    }

    private async Task<AssignmentStatus> FoldAsync(Transaction tx, RolloutPlan plan, RolloutDecision decision, CancellationToken cancel)
    {
        var rows = await stores.Rollups.StatesAsync(tx, plan.Subject.Uid, cancel).ConfigureAwait(false);
        var live = rows.Where(row => !row.IsTombstone && !row.IsGone).ToArray();
        var targeted = live.Select(row => row.Cluster).ToHashSet(StringComparer.Ordinal);
        var status = plan.Subject.Status.Clone();
        if (plan.Revision.Commit is { } commit)
        {
            status.Revision = commit;
            status.RevisionSubject = plan.Revision.Subject;
            status.SpecDigest = plan.State.Wanted?.Values.FirstOrDefault()?.SpecDigest ?? status.SpecDigest;
        }

        status.Counts = AssignmentRollup.Count(live.Select(row => Counted(row, plan.State)), plan.State.Matched.Count(id => !targeted.Contains(id)));
        Conditions(status, plan, decision, rows.Count(row => row.IsTombstone));
        status.NotReady.Clear();
        if (status.Counts.Ready < status.Counts.Clusters)
        {
            var shown = await stores.Rollups.NotReadyAsync(tx, plan.Subject.Uid, MaxNotReady, cancel).ConfigureAwait(false);
            status.NotReady.Add(shown.Where(row => row.TombstoneCause is null).Select(Summary));
        }

        return status;
    }

    private void Conditions(AssignmentStatus status, RolloutPlan plan, RolloutDecision decision, int tombstones)
    {
        var now = time.GetUtcNow();
        var unresolved = plan.State.Deletion is not null ? ("Deleting", $"The Assignment is being deleted; {tombstones} clusters have not finished its removal yet. Those that are offline finish it when they come back.")
            : plan.Revision.Commit is null ? (plan.Revision.Reason, plan.Revision.Message)
            : ((string, string)?)null;
        var (word, reason, message) = AssignmentRollup.Ready(status.Counts, unresolved);
        ConditionSet.Set(status.Conditions, "Ready", word, reason, message, now);
        if (plan.State.Deletion is null)
        {
            ConditionSet.Set(status.Conditions, "Resolved", plan.Revision.Commit is null ? ConditionSet.False : ConditionSet.True, plan.Revision.Reason, plan.Revision.Message, now);
        }

        Show(status, "GroupsReadable", plan.GroupProblems.Count > 0, ConditionSet.False, "GroupUnreadable", string.Join(' ', plan.GroupProblems), now);
        Show(status, "RemovalsHeld", decision.Holds.Count > 0, ConditionSet.True, "Held", string.Join(' ', decision.Holds.Select(hold => hold.Why).Distinct()), now);
        Show(status, "RollingOut", decision.Waiting.Count > 0, ConditionSet.True, "Waiting",
            $"{decision.Waiting.Count} clusters wait until others are ready (spec.rollout.maxConcurrent: {plan.State.MaxConcurrent}).", now);
    }

    private static void Show(AssignmentStatus status, string type, bool present, string word, string reason, string message, DateTimeOffset now)
    {
        if (present)
        {
            ConditionSet.Set(status.Conditions, type, word, reason, message.Length > 4 * MaxMessage ? message[..(4 * MaxMessage)] : message, now);
        }
        else
        {
            ConditionSet.Remove(status.Conditions, type);
        }
    }

    private static CountedTarget Counted(TargetState row, RolloutState state) => new(
        Enum.TryParse<Connectivity>(row.ClusterState, out var connectivity) && ClusterLiveness.IsHeard(connectivity),
        row.IsCurrent,
        state.Wanted?.GetValueOrDefault(row.Cluster) is not { } wanted || wanted == new WantedTarget(row.Revision, row.SpecDigest, row.ClosureDigest),
        ReportPhases.Parse(row.ReportPhase));

    private static ClusterSummary Summary(ClusterAssignmentRow row)
    {
        var heard = Enum.TryParse<Connectivity>(row.ClusterState, out var state) && ClusterLiveness.IsHeard(state);
        var current = row.ReportRevision == row.Revision && row.ReportSpecDigest == row.SpecDigest;
        var report = row.ReportBody is { } body && current ? Report.Parser.ParseFrom(body) : null;
        var message = !heard ? $"The cluster is {row.ClusterState}." : report is null ? "The agent has not reported this revision yet." : report.Error?.Message is { Length: > 0 } error ? error : report.Message;
        return new ClusterSummary
        {
            Cluster = row.ClusterName,
            Phase = !heard ? "Offline" : report is null ? "Pending" : ReportPhases.Name(report.Phase),
            Message = message.Length > MaxMessage ? message[..MaxMessage] : message,
        };
    }
}
