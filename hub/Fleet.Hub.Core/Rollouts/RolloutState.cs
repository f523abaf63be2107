namespace Fleet.Hub.Core.Rollouts;

/// <summary>Everything that a rollout is decided from.</summary>
public sealed record RolloutState
{
    public required string AssignmentUid { get; init; }

    /// <summary>Non-null once the Assignment is being deleted: what becomes of its objects.</summary>
    public Removal? Deletion { get; init; }

    /// <summary>What becomes of the objects of a cluster that leaves the groups.</summary>
    public Removal OnRemove { get; init; } = Removal.Keep;

    /// <summary>A number or a percentage; empty: all at once.</summary>
    public string MaxConcurrent { get; init; } = "";

    /// <summary>What each matched cluster should have; null: no Revision can be given now, so nothing changes for those that stay.</summary>
    public IReadOnlyDictionary<string, WantedTarget>? Wanted { get; init; }

    /// <summary>Ids of the clusters that the groups select.</summary>
    public required IReadOnlySet<string> Matched { get; init; }

    /// <summary>False: a group could not be read, so that nobody can be said to have left.</summary>
    public bool MayRemove { get; init; } = true;

    /// <summary>Every row of the Assignment, tombstones included.</summary>
    public required IReadOnlyList<PresentTarget> Present { get; init; }

    /// <summary>Removals of this Assignment that an operator settled, by cluster: what is to become of the objects.</summary>
    public IReadOnlyDictionary<string, Removal> Settled { get; init; } = new Dictionary<string, Removal>();

    /// <summary>How each leaving cluster's other removals stand.</summary>
    public IReadOnlyDictionary<string, ClusterRemovals> Removals { get; init; } = new Dictionary<string, ClusterRemovals>();

    /// <summary>Targets in the whole fleet, tombstones not counted.</summary>
    public int FleetTargets { get; init; }
}

/// <summary>What becomes of the objects of a removed target.</summary>
public enum Removal
{
    Keep,
    Delete,
}

/// <summary>What a cluster should have.</summary>
public sealed record WantedTarget(string Revision, string SpecDigest, string ClosureDigest);

/// <summary>What a cluster has now.</summary>
/// <param name="ClusterId">The row's cluster.</param>
/// <param name="Target">What was written last.</param>
/// <param name="Tombstone">The row is a removal that the agent has not finished yet.</param>
/// <param name="Ready">The cluster is heard, and its report names exactly this revision and spec as ready.</param>
/// <param name="CanAcknowledge">False: the cluster is gone or revoked, so that no agent will ever finish a removal.</param>
public sealed record PresentTarget(string ClusterId, WantedTarget Target, bool Tombstone, bool Ready, bool CanAcknowledge = true);

/// <summary>One cluster's targets and removals.</summary>
/// <param name="Targets">Targets it has now, of all Assignments, tombstones not counted.</param>
/// <param name="RemovedLately">Targets that were removed from it in the last 24 h, deletions of whole Assignments not counted.</param>
public sealed record ClusterRemovals(int Targets, int RemovedLately);
