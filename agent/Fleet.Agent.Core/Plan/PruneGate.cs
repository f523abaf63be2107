using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Plan;

/// <summary>Asked after the applies: a deletion may follow only where every object of the Plan stands.</summary>
public static class PruneGate
{
    /// <param name="plan">The Plan that was carried out.</param>
    /// <param name="notApplied">Objects whose apply or check failed.</param>
    public static (IReadOnlyList<PruneItem> Prune, IReadOnlyList<KeptItem> Keep) After(ReconcilePlan plan, IReadOnlyCollection<ObjectKey> notApplied)
    {
        var open = notApplied.Count + plan.Wait.Count + plan.Problems.Count;
        if (open == 0) return (plan.Prune, plan.Keep);
        var first = notApplied.Concat(plan.Wait.Select(w => w.Key)).Concat(plan.Problems.Select(p => p.Key)).First();
        var message = $"is deleted once everything else is applied; {open} object{(open == 1 ? " is" : "s are")} not yet, such as {first}";
        return ([.. plan.Prune.Where(p => p.Action is PruneAction.Forget)],
            [.. plan.Keep, .. plan.Prune.Where(p => p.Action is not PruneAction.Forget).Select(p => new KeptItem(p.Entry, KeepReason.NotAllApplied, $"{p.Key} {message}", IsHeld: false))]);
    }
}
