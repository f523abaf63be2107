using Fleet.Hub.Core.Rollouts;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Holds;

namespace Fleet.Hub.Rollouts;

/// <summary>Shows removals that are held, and finds those that an operator has settled.</summary>
internal sealed class RemovalHolds(HoldStore holds, TimeProvider time)
{
    private const int MaxShown = 100;
    private const int MaxOpen = 1_000;

    /// <summary>Outcomes as the store has them.</summary>
    public const string Released = "Released";
    public const string Refused = "Refused";
    public const string Gone = "Gone";

    /// <summary>What operators said of these clusters' removals: a release means as the Assignment says, a refusal means keep.</summary>
    public async Task<IReadOnlyDictionary<string, Removal>> SettledAsync(Transaction tx, RolloutPlan plan, IReadOnlyList<string> leaving, CancellationToken cancel)
    {
        var all = await OutcomeAsync(tx, Name(plan, HoldKind.MassRemoval, leaving), plan, cancel).ConfigureAwait(false);
        if (all is { } mass)
        {
            return leaving.ToDictionary(id => id, _ => mass, StringComparer.Ordinal);
        }

        var settled = new Dictionary<string, Removal>(StringComparer.Ordinal);
        foreach (var id in leaving.Take(MaxOpen))
        {
            if (await OutcomeAsync(tx, Name(plan, HoldKind.ClusterRemovals, [id]), plan, cancel).ConfigureAwait(false) is { } one)
            {
                settled[id] = one;
            }
        }

        return settled;
    }

    /// <summary>Writes the holds of a decision, and ends those of this Assignment that are over.</summary>
    public async Task WriteAsync(Transaction tx, RolloutPlan plan, IReadOnlyList<RemovalHold> held, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var current = new HashSet<string>(StringComparer.Ordinal);
        var open = await holds.ListOpenAsync(tx, "", plan.Subject.Uid, "", MaxOpen, cancel).ConfigureAwait(false);
        foreach (var hold in held.Take(MaxOpen))
        {
            var name = Name(plan, hold.Kind, hold.ClusterIds);
            current.Add(name);
            if (open.Any(shown => shown.Name == name))
            {
                continue;
            }

            await holds.PutAsync(
                tx,
                new StoredHold(
                    Guid.NewGuid().ToString(), name, hold.Kind.ToString(), hold.Why,
                    hold.ClusterIds.Count == 1 ? hold.ClusterIds[0] : "", plan.Subject.Uid,
                    [.. hold.ClusterIds.Take(MaxShown).Select(id => plan.ClusterNames.GetValueOrDefault(id, id))], hold.ClusterIds.Count,
                    now, "", null, ""),
                cancel).ConfigureAwait(false);
        }

        foreach (var over in open.Where(shown => IsOurs(shown) && !current.Contains(shown.Name)))
        {
            await holds.SettleAsync(tx, over.Name, Gone, "hub", now, cancel).ConfigureAwait(false);
        }
    }

    // An Assignment's other holds are its agents' (MassPrune and so on).
    private static bool IsOurs(StoredHold hold) => Enum.TryParse<HoldKind>(hold.Reason, out _);

    private async Task<Removal?> OutcomeAsync(Transaction tx, string name, RolloutPlan plan, CancellationToken cancel) =>
        (await holds.GetByNameAsync(tx, name, cancel).ConfigureAwait(false))?.Outcome switch
        {
            Released => plan.State.OnRemove,
            Refused => Removal.Keep,
            _ => null,
        };

    private static string Name(RolloutPlan plan, HoldKind kind, IReadOnlyList<string> clusters)
    {
        var generations = plan.Rows.ToDictionary(row => row.Cluster, row => row.Generation, StringComparer.Ordinal);
        return RemovalHoldNames.Of(plan.Subject.Name, kind, clusters.Select(id => (id, generations[id])));
    }
}
