using Fleet.Hub.Assignments;
using Fleet.Hub.Core.Assignments;
using Fleet.Hub.Core.Clusters;
using Fleet.Hub.Core.Rollouts;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Reports;
using Fleet.Hub.Work;
using Fleet.V1;

namespace Fleet.Hub.Rollouts;

/// <summary>Reads what a rollout is decided from.</summary>
internal sealed class RolloutReader(FleetDatabase database, FleetStores stores, RemovalHolds holds, TimeProvider time)
{
    /// <summary>Null: the Assignment is gone.</summary>
    public Task<RolloutSubject?> SubjectAsync(string uid, CancellationToken cancellationToken) => database.ReadAsync(async (tx, cancel) =>
    {
        var stored = await stores.Resources.GetByUidAsync(tx, uid, cancel).ConfigureAwait(false);
        if (stored is not { Kind: "Assignment" })
        {
            return null;
        }

        var assignment = stored.Assignment();
        var status = await stores.Resources.GetStatusAsync(tx, uid, cancel).ConfigureAwait(false);
        var source = await stores.Resources.GetAsync(tx, "GitSource", assignment.Spec.Source, cancel).ConfigureAwait(false);
        return new RolloutSubject(stored, assignment, status is null ? new AssignmentStatus() : AssignmentStatus.Parser.ParseFrom(status), source?.GitSource());
    }, cancellationToken);

    public Task<RolloutPlan> PlanAsync(RolloutSubject subject, RevisionOutcome revision, CancellationToken cancellationToken) =>
        database.ReadAsync((tx, cancel) => PlanAsync(tx, subject, revision, cancel), cancellationToken);

    private async Task<RolloutPlan> PlanAsync(Transaction tx, RolloutSubject subject, RevisionOutcome revision, CancellationToken cancel)
    {
        var groups = (await ResourcePages.AllAsync(stores.Resources, tx, "ClusterGroup", cancel).ConfigureAwait(false))
            .ToDictionary(stored => stored.Name, stored => stored.ClusterGroup(), StringComparer.Ordinal);
        var known = await stores.Clusters.AllLabelsAsync(tx, cancel).ConfigureAwait(false);
        var candidates = known.Where(IsCandidate).Select(cluster => new CandidateCluster(cluster.Id, cluster.Name, cluster.Labels)).ToArray();
        var matched = ClusterMatch.Resolve(subject.Assignment.Spec, groups, candidates);
        var rows = await stores.Rollups.StatesAsync(tx, subject.Uid, cancel).ConfigureAwait(false);
        var (wanted, specs, ends) = await WantedAsync(tx, subject, revision, matched, cancel).ConfigureAwait(false);

        var state = new RolloutState
        {
            AssignmentUid = subject.Uid,
            Deletion = RemovalPolicies.OfDeletion(subject.Stored, subject.Assignment),
            OnRemove = RemovalPolicies.OfLeaving(subject.Assignment.Spec),
            MaxConcurrent = subject.Assignment.Spec.Rollout?.MaxConcurrent ?? "",
            Wanted = wanted,
            Matched = matched.ClusterIds,
            MayRemove = matched.MayRemove,
            Present = [.. rows.Select(Present)],
        };
        var names = known.ToDictionary(cluster => cluster.Id, cluster => cluster.Name, StringComparer.Ordinal);
        var open = await stores.Holds.ListOpenAsync(tx, "", subject.Uid, "", 1, cancel).ConfigureAwait(false);
        var plan = new RolloutPlan(subject, revision, state, rows, specs, names, matched.Problems) { HasOpenHolds = open.Count > 0, SuspensionEnds = ends };
        return plan with { State = await GuardedAsync(tx, plan, cancel).ConfigureAwait(false) };
    }

    /// <summary>The state with what the guards over removals look at, as it is in this transaction.</summary>
    public async Task<RolloutState> GuardedAsync(Transaction tx, RolloutPlan plan, CancellationToken cancel)
    {
        var leaving = Leaving(plan.State);
        if (leaving.Count == 0 || plan.State.Deletion is not null)
        {
            return plan.State;
        }

        var counts = await stores.Targets.CountOfClustersAsync(tx, leaving, time.GetUtcNow() - RemovalGuards.Window, cancel).ConfigureAwait(false);
        return plan.State with
        {
            Removals = counts.ToDictionary(count => count.Cluster, count => new ClusterRemovals((int)count.Live, (int)count.Removals), StringComparer.Ordinal),
            FleetTargets = (int)await stores.Targets.CountLiveAsync(tx, cancel).ConfigureAwait(false),
            Settled = await holds.SettledAsync(tx, plan, leaving, cancel).ConfigureAwait(false),
        };
    }

    private static IReadOnlyList<string> Leaving(RolloutState state) => !state.MayRemove ? [] :
        [.. state.Present.Where(row => !row.Tombstone && row.CanAcknowledge && !state.Matched.Contains(row.ClusterId)).Select(row => row.ClusterId)];

    // A cluster that waits for approval gets nothing; one that was revoked or is being removed gets nothing new.
    private static bool IsCandidate(Storage.Clusters.ClusterLabels cluster) =>
        cluster.DeletedAt is null && cluster.State is not ("PendingApproval" or "Revoked");

    private static PresentTarget Present(TargetState row) => new(
        row.Cluster,
        new WantedTarget(row.Revision, row.SpecDigest, row.ClosureDigest),
        Tombstone: row.IsTombstone,
        Ready: row.IsCurrent && row.ReportPhase == nameof(ReportPhase.Ready) && Enum.TryParse<Connectivity>(row.ClusterState, out var state) && ClusterLiveness.IsHeard(state),
        CanAcknowledge: !row.IsGone);

    private async Task<(IReadOnlyDictionary<string, WantedTarget>? Wanted, IReadOnlyDictionary<string, byte[]> Specs, DateTimeOffset? SuspensionEnds)> WantedAsync(
        Transaction tx, RolloutSubject subject, RevisionOutcome revision, MatchedClusters matched, CancellationToken cancel)
    {
        var specs = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        if (revision.Commit is not { } commit || subject.Source is not { } source)
        {
            return (null, specs, null);
        }

        var now = time.GetUtcNow();
        var own = Suspension.Of(subject.Assignment.Spec, now);
        var made = new Dictionary<(DateTimeOffset?, string?), WantedTarget>();
        WantedTarget Want(Suspension? suspension)
        {
            if (!made.TryGetValue((suspension?.Until, suspension?.Reason), out var one))
            {
                var content = SpecDigests.Canonical(TargetSpecs.Build(subject.Assignment, source.Metadata.Uid, suspension, source.Spec?.Url ?? ""));
                var digest = SpecDigests.Of(content);
                specs[digest] = content;
                made[(suspension?.Until, suspension?.Reason)] = one = new WantedTarget(commit, digest, revision.ClosureDigest);
            }

            return one;
        }

        var wanted = new Dictionary<string, WantedTarget>(StringComparer.Ordinal);
        DateTimeOffset? next = null;
        foreach (var cluster in await stores.Clusters.GetManyAsync(tx, matched.ClusterIds, cancel).ConfigureAwait(false))
        {
            var suspension = Suspension.Of(own, cluster.Spec.Length > 0 ? Suspension.Of(ClusterSpec.Parser.ParseFrom(cluster.Spec), now) : null);
            wanted[cluster.Id] = Want(suspension);
            next = suspension?.Until is { } until && (next is null || until < next) ? until : next;
        }

        return (wanted, specs, next);
    }
}
