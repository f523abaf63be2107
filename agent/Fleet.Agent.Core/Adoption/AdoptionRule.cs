using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Core.Adoption;

/// <summary>What to do with objects that exist and are not ours.</summary>
public enum AdoptPolicy
{
    /// <summary>Only if applying would change nothing but our label.</summary>
    IfEqual,
    Always,
    Never,
}

/// <summary>What an existing object is to us.</summary>
public enum AdoptionOutcome
{
    /// <summary>It is ours: apply.</summary>
    Ours,
    /// <summary>Another Assignment of our hub had it, and no longer wants it: apply, and it is ours.</summary>
    HandOver,
    /// <summary>It is another's, and becomes ours.</summary>
    Adopt,
    /// <summary>Ask with a dry-run that does not force, then <see cref="AdoptionRule.AfterDryRun"/>.</summary>
    CompareFirst,
    /// <summary>It is another's, and stays so.</summary>
    Refuse,
}

/// <summary>Decides whether an existing object may be taken over.</summary>
public static class AdoptionRule
{
    public static AdoptionOutcome Decide(KubeObject live, Ownership owner, InventoryEntry? entry, AdoptPolicy policy)
    {
        // What the Inventory names is never foreign, even after somebody replaced it without the label: that is drift.
        if (entry is { IsIntent: false }) return AdoptionOutcome.Ours;
        // Label and Apply entry together are the proof (after a crash between the first write and its record): labels get copied.
        if (ManagedEntry.OfApply(live, Ownership.FieldManager) is not null)
        {
            if (owner.Owns(live)) return AdoptionOutcome.Ours;
            if (owner.IsOfOurHub(live)) return AdoptionOutcome.HandOver;
        }
        return policy switch
        {
            AdoptPolicy.Always => AdoptionOutcome.Adopt,
            AdoptPolicy.IfEqual => AdoptionOutcome.CompareFirst,
            AdoptPolicy.Never => AdoptionOutcome.Refuse,
            _ => AdoptionOutcome.Refuse,
        };
    }

    /// <param name="live">The object as it was read.</param>
    /// <param name="answer">Of an apply with dry-run and without force; null when it was refused with a conflict.</param>
    public static AdoptionOutcome AfterDryRun(KubeObject live, KubeObject? answer)
    {
        if (answer is null) return AdoptionOutcome.Refuse;
        return DriftJudge.Compare(Bookkeeping.Bare(answer), Bookkeeping.Bare(live), Ownership.FieldManager).IsDrift ? AdoptionOutcome.Refuse : AdoptionOutcome.Adopt;
    }

    /// <param name="live">The object as it was read.</param>
    /// <param name="policy">The Assignment's word.</param>
    /// <param name="extra">Fields that it has, the manifest has not, and an adoption would take away.</param>
    public static string RefusalMessage(KubeObject live, AdoptPolicy policy, IReadOnlyList<string>? extra = null)
    {
        var who = ManagedEntry.All(live).Where(e => e.Subresource.Length == 0).OrderByDescending(e => e.Time).Select(e => e.Manager).FirstOrDefault(m => m.Length > 0);
        var by = live.Label(Ownership.Label) is not null ? ", applied by another Fleet hub" : who is null ? "" : $", written by {who}";
        if (extra is { Count: > 0 })
        {
            var named = string.Join(", ", extra.Take(5)) + (extra.Count > 5 ? $" and {extra.Count - 5} more" : "");
            return $"{live.Key} exists already{by}, and has what the manifest has not: {named}. Put it into Git, remove it, or set adopt: always, which takes it away";
        }
        return policy == AdoptPolicy.Never
            ? $"{live.Key} exists already{by}, and the Assignment says adopt: never. Remove it, or set adopt: ifEqual or always"
            : $"{live.Key} exists already{by}, and differs from the manifest. Make them equal, remove it, or set adopt: always";
    }
}
