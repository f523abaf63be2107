using Fleet.Hub.Core.Conditions;
using Fleet.V1;

namespace Fleet.Hub.Core.Rollups;

/// <summary>One ClusterAssignment, as it counts.</summary>
/// <param name="Heard">The cluster is Connected or Suspect.</param>
/// <param name="Current">The report speaks of the target's revision and spec.</param>
/// <param name="Wanted">The target is what the Assignment wants now; false: the cluster waits for its turn.</param>
/// <param name="Phase">As reported; null: nothing.</param>
public sealed record CountedTarget(bool Heard, bool Current, bool Wanted, ReportPhase? Phase);

/// <summary>Folds an Assignment's targets into what its status says.</summary>
public static class AssignmentRollup
{
    /// <summary>Counts targets, and clusters that have none yet.</summary>
    /// <param name="targets">Without tombstones.</param>
    /// <param name="withoutTarget">Matched clusters that have not had their turn.</param>
    public static RollupCounts Count(IEnumerable<CountedTarget> targets, int withoutTarget)
    {
        ArgumentNullException.ThrowIfNull(targets);
        var counts = new RollupCounts();
        foreach (var target in targets)
        {
            var bucket = Rollup.Of(target.Heard, target.Current, target.Phase);
            // What is said of an older target says nothing of the wanted one.
            Rollup.Add(counts, target.Heard && !target.Wanted ? RollupBucket.Waiting : bucket);
        }

        if (withoutTarget > 0)
        {
            Rollup.Add(counts, RollupBucket.Waiting, withoutTarget);
        }

        return counts;
    }

    /// <summary>Whether every matched cluster is ready with what is wanted.</summary>
    /// <param name="counts">As counted.</param>
    /// <param name="unresolved">Reason and message when there is no Revision to want; null when there is.</param>
    /// <returns>Status, reason and message of the Ready condition.</returns>
    public static (string Status, string Reason, string Message) Ready(RollupCounts counts, (string Reason, string Message)? unresolved)
    {
        ArgumentNullException.ThrowIfNull(counts);
        if (unresolved is { } problem)
        {
            return (ConditionSet.False, problem.Reason, problem.Message);
        }

        if (counts.Clusters == 0)
        {
            return (ConditionSet.False, "NoClusters", "The Assignment's groups match no cluster. Label clusters, or change the groups' selectors.");
        }

        if (counts.Ready == counts.Clusters)
        {
            return (ConditionSet.True, "AllReady", counts.Clusters == 1 ? "The cluster is ready." : $"All {counts.Clusters} clusters are ready.");
        }

        var parts = new (int Count, string Word)[]
        {
            (counts.Failed, "failed"), (counts.Offline, "offline"), (counts.Drifted, "drifted"),
            (counts.Progressing, "progressing"), (counts.Waiting, "waiting"),
        }.Where(part => part.Count > 0).Select(part => $"{part.Count} {part.Word}");
        var reason = counts.Failed > 0 ? "Failed" : counts.Drifted > 0 ? "Drifted" : counts.Progressing > 0 ? "Progressing" : counts.Offline > 0 ? "Offline" : "Waiting";
        return (ConditionSet.False, reason, $"{counts.Ready} of {counts.Clusters} clusters are ready; {string.Join(", ", parts)}.");
    }
}
