namespace Fleet.Hub.Core.Rollouts;

/// <summary>Decides what each cluster of an Assignment gets next.</summary>
public static class Rollout
{
    public static RolloutDecision Decide(RolloutState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var drop = state.Present.Where(row => row is { Tombstone: true, CanAcknowledge: false }).Select(row => row.ClusterId).ToArray();
        if (state.Deletion is { } deletion)
        {
            return Delete(state, deletion, drop);
        }

        var (tombstones, holds) = Leave(state);
        var (upserts, waiting) = Advance(state);
        return new RolloutDecision(upserts, tombstones, drop, holds, waiting, Finished: false);
    }

    // The deletion was confirmed once, for the fleet: no guard asks again.
    private static RolloutDecision Delete(RolloutState state, Removal policy, IReadOnlyList<string> drop)
    {
        var standing = state.Present.Where(row => !row.Tombstone).ToArray();
        return new RolloutDecision(
            new Dictionary<string, WantedTarget>(),
            [.. standing.Where(row => row.CanAcknowledge).Select(row => new TargetRemoval(row.ClusterId, RemovalReason.AssignmentDeleted, policy))],
            [.. drop, .. standing.Where(row => !row.CanAcknowledge).Select(row => row.ClusterId)],
            [], [],
            Finished: state.Present.All(row => !row.CanAcknowledge));
    }

    private static (IReadOnlyList<TargetRemoval> Tombstones, IReadOnlyList<RemovalHold> Holds) Leave(RolloutState state)
    {
        if (!state.MayRemove)
        {
            return ([], []);
        }

        var leaving = state.Present
            .Where(row => !row.Tombstone && row.CanAcknowledge && !state.Matched.Contains(row.ClusterId))
            .Select(row => row.ClusterId)
            .Order(StringComparer.Ordinal)
            .ToArray();
        var settled = leaving.Where(state.Settled.ContainsKey).ToArray();
        var (free, holds) = RemovalGuards.Judge([.. leaving.Except(settled, StringComparer.Ordinal)], state.Removals, state.FleetTargets);
        return (
            [
                .. settled.Select(id => new TargetRemoval(id, RemovalReason.LeftGroup, state.Settled[id])),
                .. free.Select(id => new TargetRemoval(id, RemovalReason.LeftGroup, state.OnRemove)),
            ],
            holds);
    }

    private static (IReadOnlyDictionary<string, WantedTarget> Upserts, IReadOnlyList<string> Waiting) Advance(RolloutState state)
    {
        var upserts = new Dictionary<string, WantedTarget>(StringComparer.Ordinal);
        if (state.Wanted is not { } wanted)
        {
            return (upserts, []);
        }

        var present = state.Present.Where(row => !row.Tombstone).ToDictionary(row => row.ClusterId, StringComparer.Ordinal);
        // A cluster that is not ready, for whatever reason, is one that may not be joined by too many others.
        var unready = state.Matched.Count(id => present.TryGetValue(id, out var row) && !row.Ready);
        var budget = RolloutBudget.Of(state.MaxConcurrent, state.Matched.Count);
        var behind = state.Matched
            .Where(id => wanted.ContainsKey(id) && (!present.TryGetValue(id, out var row) || row.Target != wanted[id]))
            // Those that are not ready first: to change them costs nothing, and may be what mends them.
            .OrderBy(id => present.TryGetValue(id, out var row) && !row.Ready ? 0 : 1)
            .ThenBy(id => id, StringComparer.Ordinal);
        var waiting = new List<string>();
        foreach (var id in behind)
        {
            var costs = present.TryGetValue(id, out var row) && !row.Ready ? 0 : 1;
            if (costs == 1 && unready >= budget)
            {
                waiting.Add(id);
                continue;
            }

            unready += costs;
            upserts[id] = wanted[id];
        }

        return (upserts, waiting);
    }
}
