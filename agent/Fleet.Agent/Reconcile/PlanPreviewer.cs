using System.Collections.Concurrent;
using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;
using Fleet.Agent.Kube;
using Fleet.Agent.Policy;

namespace Fleet.Agent.Reconcile;

/// <summary>Says what a target would change in this cluster: rendered here, asked of the API server by dry runs. Nothing is written, and values of Secrets never appear.</summary>
internal sealed class PlanPreviewer(PassContext context)
{
    private const int MaxChanges = 1_000;
    private const int MaxBytes = 768 << 10;
    private const int Parallel = 4;

    public async Task<V1.CommandResult> PreviewAsync(V1.PreviewPlan order, CancellationToken cancellationToken)
    {
        if (order.Target is not { } target || order.Spec is not { } spec) return new() { Message = "the order names no target or no spec" };
        var actor = AssignmentRights.ActorOf(target.AssignmentName, spec);
        var permit = context.Rights.Ask(actor);
        if (permit.Api is not { } kube) return Refused(permit.Refusal!);
        var owner = new Ownership(context.HubId(), target.AssignmentUid);
        var (rendered, problem) = await context.Renderer.RenderAsync(target, spec, owner, permit, cancellationToken).ConfigureAwait(false);
        problem ??= context.Rights.AskFor(actor, rendered!.Desired.Objects.Select(d => d.Key));
        if (problem is not null) rendered = null;
        var preview = new V1.PlanPreview();
        if (rendered is null)
        {
            preview.Errors.Add($"{problem!.Reason}: {problem.Message}");
            return new() { Ok = true, Preview = preview };
        }
        var plan = Planner.Make(Request(target, spec, owner, rendered));
        var unchanged = plan.Skip.Count;
        var changes = new ConcurrentBag<(ObjectKey Key, V1.ObjectChange Change)>();
        var asked = plan.Apply.Select(i => i.Desired).Concat(plan.Verify.Select(v => v.Desired)).ToList();
        await System.Threading.Tasks.Parallel.ForEachAsync(asked, new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellationToken }, async (desired, token) =>
        {
            if (await AskAsync(kube, rendered.Body(desired.Key), token).ConfigureAwait(false) is { } change) changes.Add((desired.Key, change));
            else Interlocked.Increment(ref unchanged);
        }).ConfigureAwait(false);
        foreach (var wait in plan.Wait) changes.Add((wait.Key, Change(wait.Key, "Update", wait.Message)));
        foreach (var conflict in plan.Conflicts) changes.Add((conflict.Key, Change(conflict.Key, "Conflict", $"it belongs to the Assignment {conflict.Owner}")));
        foreach (var prune in plan.Prune.Where(p => p.Action is PruneAction.Delete or PruneAction.Release)) changes.Add((prune.Key, Change(prune.Key, "Prune", prune.Note)));
        foreach (var kept in plan.Keep.Where(k => k.IsHeld)) changes.Add((kept.Key, Change(kept.Key, "Held", kept.Message)));
        preview.Errors.Add(plan.Problems.Select(p => p.Message).Take(100));
        preview.Unchanged = unchanged;
        Fill(preview, changes.OrderBy(c => c.Key, Comparer<ObjectKey>.Create(InstallOrder.Compare)).Select(c => c.Change));
        return new() { Ok = true, Preview = preview };
    }

    private static V1.CommandResult Refused(ErrorVerdict why) => new() { Ok = true, Preview = new() { Errors = { $"{why.Reason}: {why.Message}" } } };

    private PlanRequest Request(V1.Target target, V1.TargetSpec spec, Ownership owner, RenderedSet rendered)
    {
        var state = context.Index.All.FirstOrDefault(s => s.Uid == target.AssignmentUid);
        var request = new PlanRequest
        {
            Now = context.Now,
            Owner = owner,
            AssignmentName = target.AssignmentName,
            Priority = spec.Priority,
            Desired = rendered.Desired,
            Inventory = InventoryState.Of(target.AssignmentUid),
            Drift = SpecReading.Drift(spec),
            IsPruneEnabled = spec.Prune,
            Consent = SpecReading.Consent(target),
        };
        if (state is null) return request;
        lock (state.Sync)
        {
            return request with
            {
                Inventory = state.Inventory,
                Observed = state.Observed.ToDictionary(o => o.Key, o => o.Value.Object),
                Claims = context.Index.ClaimsAgainst(state),
                Unread = context.Index.Unread(state, context.Desired.Current),
            };
        }
    }

    /// <returns>Null when the object would stay as it is.</returns>
    private static async Task<V1.ObjectChange?> AskAsync(IKubeApi kube, KubeObject body, CancellationToken cancellationToken)
    {
        var hidden = body.Kind == "Secret";
        var resource = await kube.ResolveAsync(body.GroupVersionKind, cancellationToken).ConfigureAwait(false);
        if (!resource.IsOk) return Change(body.Key, "Create", ErrorJudge.Judge(resource.Error, hidden).Message);
        var live = await kube.GetAsync(resource.Value, body.Namespace, body.Name, cancellationToken).ConfigureAwait(false);
        var dry = await kube.ApplyAsync(resource.Value, body, new(Ownership.FieldManager) { DryRun = true }, cancellationToken).ConfigureAwait(false);
        // What stands in the way of a dry run may be made by the same Plan before it (a Namespace, a CRD).
        if (!dry.IsOk) return Change(body.Key, live.IsOk ? "Update" : "Create", ErrorJudge.Judge(dry.Error, hidden).Message);
        if (!live.IsOk) return Change(body.Key, "Create", "");
        var verdict = DriftJudge.Compare(dry.Value, live.Value, Ownership.FieldManager);
        if (!verdict.IsDrift) return null;
        var change = Change(body.Key, "Update", verdict.NotShown > 0 ? $"and {verdict.NotShown} more fields" : "");
        change.Fields.Add(verdict.Fields.Select(f => ReportWriting.Field(body.Key, f.Path, f.Expected, f.Actual, f.Manager)));
        return change;
    }

    private static void Fill(V1.PlanPreview preview, IEnumerable<V1.ObjectChange> changes)
    {
        var size = 0;
        foreach (var change in changes)
        {
            size += change.CalculateSize() + 8;
            if (preview.Changes.Count >= MaxChanges || size > MaxBytes)
            {
                preview.Truncated = true;
                return;
            }
            preview.Changes.Add(change);
        }
    }

    private static V1.ObjectChange Change(ObjectKey key, string action, string message) =>
        new() { Group = key.Group, Kind = key.Kind, Namespace = key.Namespace, Name = key.Name, Action = action, Message = message };
}
