using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;
using Fleet.Agent.Kube;

namespace Fleet.Agent.Apply;

/// <summary>Asks the server whether a suspected object has drifted: a forced dry-run apply is compared with the live object.</summary>
internal static class Verifier
{
    private static readonly ApplyOptions DryRun = new(Ownership.FieldManager) { DryRun = true };

    public static async Task<VerifyOutcome> VerifyAsync(IKubeApi kube, VerifyItem item, KubeObject body, CancellationToken cancellationToken)
    {
        var hidden = body.Kind == "Secret";
        var resource = await kube.ResolveAsync(body.GroupVersionKind, cancellationToken).ConfigureAwait(false);
        if (!resource.IsOk) return new(null, null, null, ErrorJudge.Judge(resource.Error, hidden));
        // The dry-run first: what changes between the two calls has its own event, and shows as another resourceVersion.
        var dry = await kube.ApplyAsync(resource.Value, body, DryRun, cancellationToken).ConfigureAwait(false);
        if (!dry.IsOk) return new(null, null, null, ErrorJudge.Judge(dry.Error, hidden));
        var live = await kube.GetAsync(resource.Value, body.Namespace, body.Name, cancellationToken).ConfigureAwait(false);
        if (!live.IsOk) return live.Error.IsObjectGone(body.Name) ? new(null, null, null, null) : new(null, null, null, ErrorJudge.Judge(live.Error, hidden));
        var verdict = DriftJudge.Compare(dry.Value, live.Value, Ownership.FieldManager);
        if (verdict.IsDrift) return new(live.Value, verdict, null, null);
        // Equal: a server upgrade, cleared managedFields, another spelling. What is there is the new baseline.
        var fields = OwnedFields.From(dry.Value, Ownership.FieldManager, body);
        return new(live.Value, verdict, item.Entry with { Uid = live.Value.Uid, Fields = fields, ValuesHash = OwnedValues.Hash(live.Value, fields), PruneNever = Ownership.IsPruneNever(live.Value) }, null);
    }
}

/// <summary>What a check found: the object as it is (null: gone), the verdict, a new baseline when it is equal, or why it could not be asked.</summary>
internal sealed record VerifyOutcome(KubeObject? Live, DriftVerdict? Verdict, InventoryEntry? Baseline, ErrorVerdict? Error);
