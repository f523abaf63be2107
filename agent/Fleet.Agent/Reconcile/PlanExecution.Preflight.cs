using Fleet.Agent.Apply;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Reconcile;

/// <summary>What <c>atomic: true</c> asks before anything is written.</summary>
internal sealed partial class PlanExecution
{
    /// <summary>Dry-runs what resolves already, and checks the rest against the Plan's own CRDs; true when nothing speaks against writing.</summary>
    public async Task<bool> PreflightAsync(ReconcilePlan plan, RenderedSet rendered, CancellationToken cancellationToken)
    {
        var made = plan.Apply.Where(i => i.Key is { Kind: "Namespace", Group: "" }).Select(i => i.Key.Name).ToHashSet(StringComparer.Ordinal);
        var definitions = plan.Apply.Where(i => i.Key.Kind == "CustomResourceDefinition").Select(i => rendered.Body(i.Key))
            .ToLookup(d => (d.Spec.Text("group") ?? "", d.Spec.Map("names").Text("kind") ?? ""));
        var bad = 0;
        await ForAllAsync([.. plan.Apply], async (item, token) =>
        {
            var body = rendered.Body(item.Key);
            var error = definitions[(body.Group, body.Kind)].FirstOrDefault() is { } definition
                ? Check(body, definition)
                : await AskAsync(item, body, made, token).ConfigureAwait(false);
            if (error is null) return;
            Fail(item.Key, item.Desired.Hash, error);
            Interlocked.Increment(ref bad);
        }, cancellationToken).ConfigureAwait(false);
        return bad == 0 && !GaveUp;
    }

    private static ErrorVerdict? Check(KubeObject body, KubeObject definition)
    {
        var problems = DefinitionCheck.Problems(body, definition);
        return problems.Count == 0 ? null : new(ErrorKind.Stalled, "Schema", $"{body.Key} does not fit the CRD that comes with it: {string.Join("; ", problems)}. Mend it in Git");
    }

    private async Task<ErrorVerdict?> AskAsync(ApplyItem item, KubeObject body, HashSet<string> made, CancellationToken cancellationToken)
    {
        var hidden = body.Kind == "Secret";
        var resource = await kube.ResolveAsync(body.GroupVersionKind, cancellationToken).ConfigureAwait(false);
        // Nothing in this Plan defines it: it would be waited for with half of the Plan written.
        if (!resource.IsOk) return ErrorJudge.Judge(resource.Error, hidden);
        if (item.Entry is null || item.Entry.IsIntent)
        {
            var answer = await Adopter.AskAsync(kube, resource.Value, body, item.Entry, policy.Owner, policy.Adopt, context.Index.PastOf(state, item.Key, context.Desired.Current), cancellationToken).ConfigureAwait(false);
            if (answer.Refusal is { } refusal && !(refusal.Reason == "NamespaceMissing" && made.Contains(body.Namespace))) return refusal;
        }
        var dry = await kube.ApplyAsync(resource.Value, body, new(Ownership.FieldManager) { DryRun = true }, cancellationToken).ConfigureAwait(false);
        if (dry.IsOk) return null;
        var error = ErrorJudge.Judge(dry.Error, hidden);
        return error switch
        {
            // It comes with this Plan.
            { Reason: "NamespaceMissing" } when made.Contains(body.Namespace) => null,
            { Reason: ErrorJudge.Immutable } => Replacement.Refuse(item.Key, error, policy.IsForced, item.Entry, policy.Adopt == Core.Adoption.AdoptPolicy.Always),
            _ => error,
        };
    }
}
