namespace Fleet.Hub.Core.Rollouts;

/// <summary>What a rollout does next.</summary>
/// <param name="Upserts">Targets to write, by cluster.</param>
/// <param name="Tombstones">Removals to write.</param>
/// <param name="Drop">Tombstones that no agent will ever acknowledge: rows to take away.</param>
/// <param name="Holds">Removals that wait for an operator. Holds that are not in the list are over.</param>
/// <param name="Waiting">Clusters that wait for others to become ready, in the order in which they will get their turn.</param>
/// <param name="Finished">The Assignment is deleted everywhere: its row goes.</param>
public sealed record RolloutDecision(
    IReadOnlyDictionary<string, WantedTarget> Upserts,
    IReadOnlyList<TargetRemoval> Tombstones,
    IReadOnlyList<string> Drop,
    IReadOnlyList<RemovalHold> Holds,
    IReadOnlyList<string> Waiting,
    bool Finished);

/// <summary>One target to remove.</summary>
public sealed record TargetRemoval(string ClusterId, RemovalReason Reason, Removal Policy);

/// <summary>Why a target is removed.</summary>
public enum RemovalReason
{
    AssignmentDeleted,
    LeftGroup,
}

/// <summary>Removals that an operator must settle first.</summary>
/// <param name="Kind">Which guard held them.</param>
/// <param name="ClusterIds">The clusters that would lose the Assignment, in ordinal order.</param>
/// <param name="Why">For people.</param>
public sealed record RemovalHold(HoldKind Kind, IReadOnlyList<string> ClusterIds, string Why);

/// <summary>The guards over removals.</summary>
public enum HoldKind
{
    MassRemoval,
    ClusterRemovals,
}
