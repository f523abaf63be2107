using Fleet.V1;

namespace Fleet.Hub.Core.Rollups;

/// <summary>The one state that a ClusterAssignment counts as (RollupCounts).</summary>
public enum RollupBucket
{
    Ready,
    Progressing,
    Failed,
    Drifted,
    Offline,
    Waiting,
}

/// <summary>Puts a target and its last report into a bucket.</summary>
public static class Rollup
{
    /// <summary>Judges one ClusterAssignment.</summary>
    /// <param name="heard">Whether the cluster is Connected or Suspect; others are offline whatever they said last.</param>
    /// <param name="current">Whether the report names the target's revision and spec.</param>
    /// <param name="phase">As last reported; null: never.</param>
    public static RollupBucket Of(bool heard, bool current, ReportPhase? phase)
    {
        if (!heard)
        {
            return RollupBucket.Offline;
        }

        // What is said of another revision says nothing of this one, be it good or bad.
        if (!current || phase is not { } said)
        {
            return RollupBucket.Progressing;
        }

        return said switch
        {
            ReportPhase.Ready => RollupBucket.Ready,
            ReportPhase.Drifted => RollupBucket.Drifted,
            ReportPhase.Failed or ReportPhase.Stalled or ReportPhase.Conflicted => RollupBucket.Failed,
            ReportPhase.Waiting or ReportPhase.Suspended or ReportPhase.Orphaned => RollupBucket.Waiting,
            ReportPhase.Pending or ReportPhase.Rendering or ReportPhase.Applying or ReportPhase.Progressing or ReportPhase.Removing
                => RollupBucket.Progressing,
            // Unknown, and phases of a newer agent.
            _ => RollupBucket.Progressing,
        };
    }

    /// <summary>Adds to (or, with a negative number, takes from) the count of a bucket.</summary>
    public static void Add(RollupCounts counts, RollupBucket bucket, int number = 1)
    {
        ArgumentNullException.ThrowIfNull(counts);
        counts.Clusters += number;
        switch (bucket)
        {
            case RollupBucket.Ready: counts.Ready += number; break;
            case RollupBucket.Progressing: counts.Progressing += number; break;
            case RollupBucket.Failed: counts.Failed += number; break;
            case RollupBucket.Drifted: counts.Drifted += number; break;
            case RollupBucket.Offline: counts.Offline += number; break;
            case RollupBucket.Waiting: counts.Waiting += number; break;
            default: throw new ArgumentOutOfRangeException(nameof(bucket), bucket, null);
        }
    }
}
