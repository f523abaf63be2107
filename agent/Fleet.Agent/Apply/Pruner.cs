using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;
using Fleet.Agent.Kube;

namespace Fleet.Agent.Apply;

/// <summary>Lets one object leave: deletes it with preconditions, releases it, or only forgets it.</summary>
internal static class Pruner
{
    public static async Task<PruneOutcome> PruneAsync(IKubeApi kube, PruneItem item, Ownership owner, CancellationToken cancellationToken)
    {
        if (item.Action is PruneAction.Forget or PruneAction.HandOver) return PruneOutcome.Gone;
        var hidden = item.Key.Kind == "Secret";
        var resolved = await kube.ResolveAsync(GroupVersionKind.Of(item.Entry.ApiVersion, item.Key.Kind), cancellationToken).ConfigureAwait(false);
        if (!resolved.IsOk) return PruneOutcome.Failed(ErrorJudge.Judge(resolved.Error, hidden));
        var resource = resolved.Value;
        var found = await kube.GetAsync(resource, item.Key.Namespace, item.Key.Name, cancellationToken).ConfigureAwait(false);
        if (!found.IsOk) return found.Error.IsObjectGone(item.Key.Name) ? PruneOutcome.Gone : PruneOutcome.Failed(ErrorJudge.Judge(found.Error, hidden));
        var live = found.Value;
        var isKnown = item.Entry.Uid.Length > 0 && live.Uid == item.Entry.Uid;
        // After a crash the uid may be lacking, or be that of the object before: label and Apply entry together are the proof, for labels get copied.
        if (owner.Owns(live) && (isKnown || ManagedEntry.OfApply(live, Ownership.FieldManager) is not null))
        {
            // Annotated in this very moment: the next Plan knows.
            if (item.Action == PruneAction.Delete && Ownership.IsPruneNever(live)) return new(false, live, null, null);
            return item.Action == PruneAction.Release
                ? await ReleaseAsync(kube, resource, live, hidden, cancellationToken).ConfigureAwait(false)
                : await DeleteAsync(kube, resource, live, hidden, cancellationToken).ConfigureAwait(false);
        }
        // Somebody took the label off, to keep it: then the rest of our marks goes too.
        if (isKnown && live.Label(Ownership.Label) is null)
        {
            var released = await ReleaseAsync(kube, resource, live, hidden, cancellationToken).ConfigureAwait(false);
            return released.IsGone ? released with { Note = $"{item.Key} is no longer ours (its label was taken off); it stays" } : released;
        }
        return item.Entry.IsIntent ? PruneOutcome.Gone : PruneOutcome.Gone with { Note = $"{item.Key} is no longer ours ({(owner.Owns(live) ? "it was made anew by another" : "its label was changed")}); it stays" };
    }

    private static async Task<PruneOutcome> DeleteAsync(IKubeApi kube, KubeResource resource, KubeObject live, bool hidden, CancellationToken cancellationToken)
    {
        if (live.IsTerminating) return new(false, live, null, null);
        var deleted = await kube.DeleteAsync(resource, live.Namespace, live.Name, new() { Uid = live.Uid, ResourceVersion = live.ResourceVersion }, cancellationToken).ConfigureAwait(false);
        if (!deleted.IsOk) return deleted.Error.IsObjectGone(live.Name) ? PruneOutcome.Gone : PruneOutcome.Failed(ErrorJudge.Judge(deleted.Error, hidden));
        // Only a 404 for that object means gone: finalizers and grace periods keep it for a while.
        var after = await kube.GetAsync(resource, live.Namespace, live.Name, cancellationToken).ConfigureAwait(false);
        if (after.IsOk) return after.Value.Uid == live.Uid ? new(false, after.Value, null, null) : PruneOutcome.Gone;
        return after.Error.IsObjectGone(live.Name) ? PruneOutcome.Gone : PruneOutcome.Failed(ErrorJudge.Judge(after.Error, hidden));
    }

    private static async Task<PruneOutcome> ReleaseAsync(IKubeApi kube, KubeResource resource, KubeObject live, bool hidden, CancellationToken cancellationToken)
    {
        var released = await kube.JsonPatchAsync(resource, live.Namespace, live.Name, ManagedFieldsPatch.Release(live), new(Ownership.FieldManager), cancellationToken).ConfigureAwait(false);
        return released.IsOk || released.Error.IsObjectGone(live.Name) ? PruneOutcome.Gone : PruneOutcome.Failed(ErrorJudge.Judge(released.Error, hidden));
    }
}

/// <summary>What came of letting an object leave.</summary>
/// <param name="IsGone">It leaves the Inventory.</param>
/// <param name="Live">It is on its way out, as it is now.</param>
/// <param name="Error">Why it could not be done.</param>
/// <param name="Note">For the Report.</param>
internal sealed record PruneOutcome(bool IsGone, KubeObject? Live, ErrorVerdict? Error, string? Note)
{
    public static readonly PruneOutcome Gone = new(true, null, null, null);

    public static PruneOutcome Failed(ErrorVerdict error) => new(false, null, error, null);
}
