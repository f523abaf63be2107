using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Plan;

/// <summary>What becomes of owned objects that the Assignment no longer has. An absence is only an order when everything else is in order.</summary>
public static class PruneRules
{
    /// <summary>More objects than this leave at once only with consent.</summary>
    public static int MassLimit(int owned) => Math.Max(3, owned / 5);

    /// <summary>Their deletion takes everything in them along.</summary>
    public static bool IsProtected(ObjectKey key) => key is
        { Group: "", Kind: "Namespace" or "PersistentVolumeClaim" } or { Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition" };

    internal static (IReadOnlyList<PruneItem> Prune, IReadOnlyList<KeptItem> Keep) Decide(PlanRequest request, HashSet<ObjectKey> lost)
    {
        var wanted = request.Desired.Objects.Select(d => d.Key).Where(k => !lost.Contains(k)).ToHashSet();
        // A duplicate is not applied, but it is certainly wanted.
        wanted.UnionWith(request.Desired.Problems.Select(p => p.Key));
        var leaving = request.Inventory.Entries.Where(e => !wanted.Contains(e.Key))
            .OrderBy(e => e.Key, Comparer<ObjectKey>.Create((a, b) => InstallOrder.Compare(b, a))).ToList();
        var prune = new List<PruneItem>();
        var keep = new List<KeptItem>();
        if (leaving.Count == 0 || !request.IsRenderComplete) return (prune, keep);

        var delete = new List<InventoryEntry>();
        foreach (var entry in leaving)
        {
            var observed = request.Observed.GetValueOrDefault(entry.Key);
            if (observed is { IsPresent: false }) prune.Add(new(entry, PruneAction.Forget, "is gone already"));
            else if (request.Claims.TryGetValue(entry.Key, out var claim)) HandOver(entry, claim, prune, keep);
            else if (request.Unread.Count > 0) keep.Add(new(entry, KeepReason.OthersUnknown, $"{entry.Key} stays until the Assignment {request.Unread[0]}{(request.Unread.Count > 1 ? $" and {request.Unread.Count - 1} more are" : " is")} rendered: it may have been moved there", IsHeld: false));
            else if (request.Removal is { Delete: false }) prune.Add(new(entry, PruneAction.Release, "is kept: onRemove is keep"));
            else if (IsProtected(entry.Key) && (request.Removal is not null || !request.Consent.ProtectedKinds)) Protect(request, entry, prune, keep);
            else if (entry.PruneNever || observed is { PruneNever: true }) Never(request, entry, prune, keep);
            else if (entry.Adopted && !request.IsAdoptedDeletable) prune.Add(new(entry, PruneAction.Release, "existed before Fleet, so it is released and not deleted"));
            else delete.Add(entry);
        }
        Guard(request, delete, prune, keep);
        prune.Sort((a, b) => InstallOrder.Compare(b.Key, a.Key));
        return (prune, keep);
    }

    /// <summary>Our record of it ends only when the other's has begun: in between, a crash or a change of mind would leave it with nobody.</summary>
    private static void HandOver(InventoryEntry entry, Claim claim, List<PruneItem> prune, List<KeptItem> keep)
    {
        if (claim.Owns) prune.Add(new(entry, PruneAction.HandOver, $"goes to the Assignment {claim.AssignmentName}"));
        else keep.Add(new(entry, KeepReason.HandingOver, $"{entry.Key} goes to the Assignment {claim.AssignmentName} once that has applied it", IsHeld: false));
    }

    /// <summary>In a removal nobody would come back for what is kept: it is let go of, and stays in the cluster.</summary>
    private static void Protect(PlanRequest request, InventoryEntry entry, List<PruneItem> prune, List<KeptItem> keep)
    {
        if (request.Removal is not null) prune.Add(new(entry, PruneAction.Release, $"a {entry.Key.Kind} is never deleted by itself; delete it by hand if it shall go"));
        else keep.Add(new(entry, KeepReason.ProtectedKind, $"{entry.Key} is no longer in Git, but a {entry.Key.Kind} is never deleted by itself: it would take all that is in it along. Confirm it, or delete it by hand", IsHeld: true));
    }

    private static void Never(PlanRequest request, InventoryEntry entry, List<PruneItem> prune, List<KeptItem> keep)
    {
        if (request.Removal is not null) prune.Add(new(entry, PruneAction.Release, $"is annotated {Ownership.PruneAnnotation}: never"));
        else keep.Add(new(entry, KeepReason.Annotated, $"{entry.Key} is no longer in Git, and is kept: it is annotated {Ownership.PruneAnnotation}: never", IsHeld: false));
    }

    private static void Guard(PlanRequest request, List<InventoryEntry> delete, List<PruneItem> prune, List<KeptItem> keep)
    {
        if (request.Removal is not null)
        {
            prune.AddRange(delete.Select(e => new PruneItem(e, PruneAction.Delete, "its Assignment is removed")));
            return;
        }
        // Letting go of what was adopted is no deletion; but it, too, is only meant where pruning is, and where something was rendered.
        var release = prune.Where(p => p.Action == PruneAction.Release).Select(p => p.Entry).ToList();
        var limit = MassLimit(request.Inventory.Count);
        (KeepReason Reason, string Message, bool IsHeld)? held = request switch
        {
            { IsPruneEnabled: false } => (KeepReason.PruneDisabled, "pruning is off in the Assignment", false),
            { Consent.EmptyRender: false } when request.Desired.Objects.Count == 0 && request.Desired.Problems.Count == 0 =>
                (KeepReason.EmptyRender, $"nothing at all was rendered, and {delete.Count + release.Count} objects would leave. Confirm it, or mend the path", true),
            { Consent.Mass: false } when delete.Count > limit && request.Desired.Objects.Count > 0 =>
                (KeepReason.MassPrune, $"{delete.Count} of {request.Inventory.Count} objects would be deleted at once, more than {limit}. Confirm it, or mend Git", true),
            _ => null,
        };
        if (held is { } h)
        {
            var also = h.Reason == KeepReason.MassPrune ? [] : release;
            prune.RemoveAll(p => p.Action == PruneAction.Release && also.Contains(p.Entry));
            keep.AddRange(delete.Concat(also).Select(e => new KeptItem(e, h.Reason, h.Message, h.IsHeld)));
        }
        else prune.AddRange(delete.Select(e => new PruneItem(e, PruneAction.Delete, "is no longer in Git")));
    }
}
