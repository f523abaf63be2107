using System.Text.Json.Nodes;
using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;
using Fleet.Agent.Kube;

namespace Fleet.Agent.Apply;

/// <summary>Takes an object away so that it can be made anew. The intent is stored before this is called; the apply that follows, in this pass or in one after a crash, makes the new one.</summary>
internal static class Replacer
{
    /// <returns>Null when it is gone; else what is waited for, or why not.</returns>
    public static async Task<ErrorVerdict?> TakeAwayAsync(IKubeApi kube, KubeResource resource, KubeObject body, InventoryEntry entry, Ownership owner, CancellationToken cancellationToken)
    {
        var hidden = body.Kind == "Secret";
        var found = await kube.GetAsync(resource, body.Namespace, body.Name, cancellationToken).ConfigureAwait(false);
        if (!found.IsOk) return found.Error.IsObjectGone(body.Name) ? null : ErrorJudge.Judge(found.Error, hidden);
        var live = found.Value;
        if (live.IsTerminating) return Leaving(live);
        if (!owner.Owns(live) || (live.Uid != entry.Uid && ManagedEntry.OfApply(live, Ownership.FieldManager) is null)) return new(ErrorKind.Stalled, "NotOurs", $"{live.Key} is not ours any more, so it is not replaced. Remove it, or put our label back");
        if (Ownership.IsPruneNever(live)) return new(ErrorKind.Stalled, "Immutable", $"{live.Key} would have to be replaced, and is annotated {Ownership.PruneAnnotation}: never");
        if (await WouldBeRefusedAsync(kube, resource, body, cancellationToken).ConfigureAwait(false) is { } refused) return refused;
        var deleted = await kube.DeleteAsync(resource, live.Namespace, live.Name, new() { Uid = live.Uid, ResourceVersion = live.ResourceVersion }, cancellationToken).ConfigureAwait(false);
        if (!deleted.IsOk && !deleted.Error.IsObjectGone(live.Name)) return ErrorJudge.Judge(deleted.Error, hidden);
        var after = await kube.GetAsync(resource, live.Namespace, live.Name, cancellationToken).ConfigureAwait(false);
        if (after.IsOk) return after.Value.Uid == live.Uid ? Leaving(after.Value) : null;
        return after.Error.IsObjectGone(live.Name) ? null : ErrorJudge.Judge(after.Error, hidden);
    }

    /// <summary>A manifest that the server would not take is no reason to delete what runs: it is tried under another name, without effect.</summary>
    private static async Task<ErrorVerdict?> WouldBeRefusedAsync(IKubeApi kube, KubeResource resource, KubeObject body, CancellationToken cancellationToken)
    {
        var trial = body.Clone();
        trial.Json["metadata"]!["name"] = (JsonNode)$"{(body.Name.Length > 40 ? body.Name[..40].TrimEnd('-', '.') : body.Name)}-fleet-trial";
        var dry = await kube.ApplyAsync(resource, trial, new(Ownership.FieldManager) { DryRun = true }, cancellationToken).ConfigureAwait(false);
        // Rights may be granted for the one name alone; that says nothing about the manifest.
        if (dry.IsOk || dry.Error.HttpStatus is 401 or 403) return null;
        var verdict = ErrorJudge.Judge(dry.Error, body.Kind == "Secret");
        return verdict with { Message = $"{body.Key} would have to be replaced, and is left as it is, since its new manifest would not be taken: {verdict.Message}" };
    }

    private static ErrorVerdict Leaving(KubeObject live)
    {
        var held = live.Finalizers.Count == 0 ? "" : $", held by the finalizer {string.Join(", ", live.Finalizers)}";
        return new(ErrorKind.Waiting, "Replacing", $"{live.Key} is being deleted, to be made anew{held}");
    }
}
