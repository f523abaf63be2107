namespace Fleet.Hub.Core.Rollouts;

/// <summary>Removals that are more likely a mistake than meant, and so wait for an operator.</summary>
public static class RemovalGuards
{
    private const int ClusterFloor = 3;
    private const double ClusterShare = 0.10;
    private const int FleetFloor = 10;
    private const double FleetShare = 0.01;

    /// <summary>The sliding window over a cluster's removals.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);

    /// <summary>A single change that removes at least 10 and more than 1 % of the fleet's targets.</summary>
    public static bool IsMassRemoval(int removed, int fleetTargets) =>
        removed >= FleetFloor && removed > fleetTargets * FleetShare;

    /// <summary>One more removal would take a cluster beyond max(3, 10 %) in 24 h, or leave it with nothing.</summary>
    public static bool IsTooManyFor(ClusterRemovals cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        var before = cluster.Targets + cluster.RemovedLately;
        return cluster.Targets <= 1 || cluster.RemovedLately + 1 > Math.Max(ClusterFloor, before * ClusterShare);
    }

    /// <summary>Parts the clusters that leave into those that may go and those that are held.</summary>
    public static (IReadOnlyList<string> Free, IReadOnlyList<RemovalHold> Holds) Judge(
        IReadOnlyList<string> leaving, IReadOnlyDictionary<string, ClusterRemovals> removals, int fleetTargets)
    {
        ArgumentNullException.ThrowIfNull(leaving);
        ArgumentNullException.ThrowIfNull(removals);
        if (IsMassRemoval(leaving.Count, fleetTargets))
        {
            return ([], [new RemovalHold(HoldKind.MassRemoval, leaving,
                $"One change would take the Assignment from {leaving.Count} clusters, of {fleetTargets} targets in the fleet. "
                + "They keep it until an operator settles this: release the hold to remove it, refuse it to leave the objects where they are.")]);
        }

        var held = leaving.Where(id => !removals.TryGetValue(id, out var cluster) || IsTooManyFor(cluster)).ToArray();
        return ([.. leaving.Except(held, StringComparer.Ordinal)],
        [
            .. held.Select(id => new RemovalHold(HoldKind.ClusterRemovals, [id], Why(removals.GetValueOrDefault(id)))),
        ]);
    }

    private static string Why(ClusterRemovals? cluster) =>
        (cluster is { Targets: > 1 }
            ? $"The cluster lost {cluster.RemovedLately} Assignments in the last 24 h, and would lose one more."
            : "The cluster would lose its last Assignment.")
        + " It keeps it until an operator settles this: release the hold to remove it, refuse it to leave the objects where they are.";
}
