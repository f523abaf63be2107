using Fleet.Agent.Content;
using Fleet.Agent.Core.Adoption;
using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;
using Fleet.Agent.Core.Policy;
using Fleet.Agent.Core.Reports;
using Fleet.Agent.Kube;
using Fleet.Agent.Policy;
using Fleet.Agent.Session;
using Fleet.Agent.State;
using Fleet.Agent.Telemetry;

namespace Fleet.Agent.Reconcile;

/// <summary>
/// One look at one Assignment: whole desired against whole actual, whatever woke it. The Inventory is stored before the
/// first write and after the last, so that a crash between any two lines leaves nothing unowned and nothing forgotten.
/// </summary>
internal sealed partial class ReconcilePass(PassContext context, AssignmentState state, InventoryStore inventories, ContentVault vault)
{
    private const int MaxRounds = 4;
    private RenderedSet? _kept;
    private PassTurn _turn = null!;
    private (PolicyRule? Rule, string Revision) _signed = (null, "");
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LaterLook = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ConflictLook = TimeSpan.FromSeconds(10);

    public async Task<PassEnd> RunAsync(PassTurn turn)
    {
        _turn = turn;
        var (rendered, inventory) = (state.Rendered, state.Inventory);
        try
        {
            return await LookAsync(turn.Waits).ConfigureAwait(false);
        }
        finally
        {
            if (!ReferenceEquals(rendered, state.Rendered) || !ReferenceEquals(inventory, state.Inventory)) context.Index.WakeDependents(state);
        }
    }

    private async Task<PassEnd> LookAsync(CancellationToken cancellationToken)
    {
        var desired = context.Desired.Current;
        if (state.StoredInventory is null && await LoadAsync(desired.Tombstones.ContainsKey(state.Uid), _turn.End).ConfigureAwait(false) is { } unread) return Later(unread, WorkStep.Pending, null, null);
        if (desired.Tombstones.TryGetValue(state.Uid, out var tombstone)) return await RemoveAsync(tombstone, cancellationToken).ConfigureAwait(false);
        if (!desired.Targets.TryGetValue(state.Uid, out var held) || desired.SpecOf(held.Target) is not { } spec) return PassEnd.Over;
        return await KeepAsync(held, spec, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The usual case: the Assignment is wanted here.</summary>
    private async Task<PassEnd> KeepAsync(HeldTarget held, V1.TargetSpec spec, CancellationToken cancellationToken)
    {
        var target = held.Target;
        var owner = new Ownership(context.HubId(), state.Uid);
        (state.Name, state.Priority) = (target.AssignmentName, spec.Priority);
        var actor = AssignmentRights.ActorOf(target.AssignmentName, spec);
        var permit = context.Rights.Ask(actor);
        if (permit.Api is not { } kube) return await RefuseAsync(permit.Refusal!, target, spec).ConfigureAwait(false);
        if (await ActAsync(actor, permit.User, cancellationToken).ConfigureAwait(false) is { } unstated) return Later(unstated, WorkStep.Pending, target, spec);
        var user = permit.User;

        ErrorVerdict? problem = null;
        if (await NeedsRenderingAsync(target, kube, cancellationToken).ConfigureAwait(false))
        {
            if (state.Rendered is null) Report(target, spec, held.IsOrphaned ? WorkStep.Orphaned : WorkStep.Rendering, null, []);
            if (await vault.LoadAsync(_turn.End).ConfigureAwait(false) is { } unread) return Later(ErrorJudge.Judge(unread, hideValues: true), WorkStep.Pending, target, spec);
            (var set, problem) = await context.Renderer.RenderAsync(target, spec, owner, permit, cancellationToken).ConfigureAwait(false);
            if (set is not null)
            {
                state.Rendered = set;
                // What others hold back until they know what we want goes on at once, and not after our applies.
                context.Index.WakeDependents(state);
            }
        }
        if ((problem is { Reason: RightsJudge.PolicyRefused } ? problem : Disallowed(actor, permit)) is { } refused) return await RefuseAsync(refused, target, spec).ConfigureAwait(false);
        // What was rendered last goes on being kept while the new revision cannot be had.
        if (state.Rendered is not { } rendered) return Later(problem!, WorkStep.Pending, target, spec);
        var whole = rendered.IsOf(target.Revision, target.SpecDigest);
        await context.Watches.EnsureAsync(user, Kinds(state.Inventory), FirstLook, cancellationToken).ConfigureAwait(false);
        TakeInDoneJobs();

        var full = state.CheckNow || context.Now >= state.NextFullCheck;
        var execution = new PlanExecution(context, state, SpecReading.Policy(spec, owner), kube, _turn, SaveAsync);
        state.Inventory = state.Inventory.Adopting(SpecReading.Adopt(spec) == AdoptPolicy.Always);
        var notes = new List<string>(rendered.Desired.Notes);
        ReconcilePlan plan;
        for (var round = 0; ; round++)
        {
            var request = Request(target, spec, owner, rendered, whole, full && round == 0);
            plan = Planner.Make(request);
            SeeDrifts(plan);
            if (!HasWork(plan) || round >= MaxRounds || execution.GaveUp) break;
            if (await CarryOutAsync(plan, execution, rendered, spec, target, notes, cancellationToken).ConfigureAwait(false) is { } stop)
            {
                problem ??= stop;
                break;
            }
        }
        if (full && !execution.GaveUp) (state.NextFullCheck, state.CheckNow) = (context.Now + (context.Options.FullCheckInterval * (1 + (0.2 * Random.Shared.NextDouble()))), false);
        var unsaved = await SaveAsync(_turn.End).ConfigureAwait(false);
        if (whole && await KeepContentAsync(target, spec, rendered, _turn.End).ConfigureAwait(false) is { } unkept) unsaved ??= unkept;
        await context.Watches.EnsureAsync(user, Kinds(state.Inventory), LaterLook, cancellationToken).ConfigureAwait(false);
        notes.AddRange(plan.Notes);
        if (state.Lost.Length > 0) notes.Add(state.Lost);
        if (vault.IsTooLarge) notes.Add($"the content of this revision is larger than {ContentVault.MaxBytes >> 20} MiB, so it is not kept in the cluster: an agent that starts anew without its cache and without the hub cannot heal drift until the hub is back. Give the agent a volume for its cache, or split the Assignment");
        lock (state.Sync)
        {
            (state.Kept, state.Conflicts, state.Waiting) = (PruneGate.After(plan, NotApplied(rendered)).Keep, plan.Conflicts, plan.Wait);
            (state.DependsOnOthers, state.Shared) = (plan.DependsOnOthers, [.. plan.Skip.Where(s => s.Reason == SkipReason.Shared).Select(s => s.Key)]);
        }
        return End(target, spec, held.IsOrphaned ? WorkStep.Orphaned : SpecReading.IsSuspended(spec, context.Now) ? WorkStep.Suspended : WorkStep.Settled, problem ?? unsaved, Earlier(plan.NextTime, SpecReading.SuspendedUntil(spec, context.Now)), notes);
    }

    /// <summary>Not allowed here: nothing is read, applied or pruned, and what stands is left as it is.</summary>
    private async Task<PassEnd> RefuseAsync(ErrorVerdict why, V1.Target? target, V1.TargetSpec? spec)
    {
        state.IsRefused = true;
        await context.Watches.TrimAsync(context.Index.IsNeeded).ConfigureAwait(false);
        return Later(why, target is null ? WorkStep.Removing : WorkStep.Pending, target, spec);
    }

    /// <summary>What of the rendered set the policy does not allow; it may have changed since the rendering.</summary>
    private ErrorVerdict? Disallowed(Actor actor, Permit permit)
    {
        if (state.Rendered is not { } rendered) return null;
        if (permit.Rule is { Signers.Count: > 0 } rule && _signed != (rule, rendered.Revision))
        {
            if (context.Renderer.Unsigned(rendered.Revision, permit) is { } unsigned) return unsigned;
            _signed = (rule, rendered.Revision);
        }
        return context.Rights.AskFor(actor, rendered.Desired.Objects.Select(d => d.Key));
    }

    /// <summary>States who acts from here on, before anything is done with other rights than before.</summary>
    private async Task<ErrorVerdict?> ActAsync(Actor actor, string user, CancellationToken cancellationToken)
    {
        var other = state.User != user && state.User.Length > 0;
        (state.User, state.IsRefused) = (user, false);
        if (other) await context.Watches.TrimAsync(context.Index.IsNeeded).ConfigureAwait(false);
        if (state.Inventory.Actor == actor) return null;
        state.Inventory = state.Inventory.ActedOnBy(actor);
        // While nothing is owned, it is stored with the first intent.
        return state.Inventory.Count > 0 ? await SaveAsync(_turn.End).ConfigureAwait(false) : null;
    }

    private async Task<ErrorVerdict?> CarryOutAsync(ReconcilePlan plan, PlanExecution execution, RenderedSet rendered, V1.TargetSpec spec, V1.Target target, List<string> notes, CancellationToken cancellationToken)
    {
        await execution.VerifyAsync(plan, rendered, cancellationToken).ConfigureAwait(false);
        ErrorVerdict? stopped = null;
        if (plan.Stages.Count > 0)
        {
            if (spec.Atomic && plan.HasNews && (plan.Wait.Count + plan.Problems.Count > 0 || !await execution.PreflightAsync(plan, rendered, cancellationToken).ConfigureAwait(false)))
            {
                // What stands is still kept as it is: that belongs to the last revision as much as to this one.
                stopped = new(ErrorKind.Stalled, "AtomicPreflight", "nothing of this revision was written: atomic is set, and at least one object cannot be applied now (see the objects). Mend it in Git");
                plan = plan.WithoutNews();
            }
            state.Inventory = state.Inventory.Intend(plan.Apply.Select(i => (i.Key, i.Desired.Object.ApiVersion)));
            if (await SaveAsync(_turn.End).ConfigureAwait(false) is { } unsaved) return unsaved;
            if (plan.Apply.Any(i => i.Reason is not (ApplyReason.Drifted or ApplyReason.Missing))) Report(target, spec, WorkStep.Applying, null, notes);
            // Watches open beside the applies: what they list is what those made, or comes after it.
            var watching = context.Watches.EnsureAsync(state.User, Kinds(state.Inventory), LaterLook, cancellationToken);
            await execution.ApplyAsync(plan, rendered, cancellationToken).ConfigureAwait(false);
            await watching.ConfigureAwait(false);
        }
        if (execution.GaveUp) return new(ErrorKind.Transient, "Unreachable", "the API server does not answer; the rest follows once it does");
        if (stopped is not null) return stopped;
        var (prune, _) = PruneGate.After(plan, NotApplied(rendered));
        var due = prune.Where(p => !IsLeaving(p.Key) && !IsTooSoon(p.Key)).ToList();
        if (due.Count > 0) notes.AddRange(await execution.PruneAsync(due, cancellationToken).ConfigureAwait(false));
        return null;
    }

    private PlanRequest Request(V1.Target target, V1.TargetSpec spec, Ownership owner, RenderedSet rendered, bool whole, bool full) => new()
    {
        Now = context.Now,
        Owner = owner,
        AssignmentName = state.Name,
        Priority = spec.Priority,
        Desired = rendered.Desired,
        IsRenderComplete = whole,
        Inventory = state.Inventory,
        Observed = Seen(),
        Claims = context.Index.ClaimsAgainst(state),
        Unread = context.Index.Unread(state, context.Desired.Current),
        Failed = Locked(() => state.Failed.ToDictionary(f => f.Key, f => f.Value.Try)),
        Corrections = Locked(() => new Dictionary<ObjectKey, CorrectionHistory>(state.Corrections)),
        Drift = SpecReading.Drift(spec),
        IsPruneEnabled = spec.Prune,
        IsAdoptedDeletable = SpecReading.Adopt(spec) == AdoptPolicy.Always,
        Consent = SpecReading.Consent(target),
        IsSuspended = SpecReading.IsSuspended(spec, context.Now),
        IsFullCheck = full,
    };

    /// <summary>Once for each rendering: an agent that starts anew without its hub has it then.</summary>
    private async Task<ErrorVerdict?> KeepContentAsync(V1.Target target, V1.TargetSpec spec, RenderedSet rendered, CancellationToken cancellationToken)
    {
        if (ReferenceEquals(_kept, rendered)) return null;
        var closure = context.Content.Closure(target.Revision, SpecReading.Roots(spec, out _));
        if (await vault.KeepAsync(closure, cancellationToken).ConfigureAwait(false) is { } error) return ErrorJudge.Judge(error, hideValues: true);
        _kept = rendered;
        return null;
    }

    /// <summary>The rendering is for another revision or spec, or the cluster has learnt a kind since.</summary>
    private async Task<bool> NeedsRenderingAsync(V1.Target target, IKubeApi kube, CancellationToken cancellationToken)
    {
        if (state.Rendered is not { } rendered || !rendered.IsOf(target.Revision, target.SpecDigest)) return true;
        foreach (var kind in rendered.UnknownKinds)
        {
            if ((await kube.ResolveAsync(kind, cancellationToken).ConfigureAwait(false)).IsOk) return true;
        }
        return false;
    }

    /// <summary>Objects that are gone or were replaced are drift as a whole; what is as it was applied, or left to others, is none any more.</summary>
    private void SeeDrifts(ReconcilePlan plan)
    {
        var now = context.Now;
        lock (state.Sync)
        {
            foreach (var item in plan.Apply.Where(i => i.Reason is ApplyReason.Missing or ApplyReason.Replaced)) state.Drifts.See(item.Key, [Whole(item.Reason == ApplyReason.Missing)], now);
            foreach (var item in plan.Skip)
            {
                if (item.Reason is SkipReason.Unchanged or SkipReason.DriftIgnored or SkipReason.JobDone) state.Drifts.Forget(item.Key);
                if (item.Reason != SkipReason.DriftReported || !state.Observed.TryGetValue(item.Key, out var seen)) continue;
                if (!seen.Object.IsPresent) state.Drifts.See(item.Key, [Whole(true)], now);
                else if (seen.Object.Uid != state.Inventory.Find(item.Key)?.Uid) state.Drifts.See(item.Key, [Whole(false)], now);
            }
        }

        static DriftedField Whole(bool missing) => new("", "present", missing ? "absent" : "another object of that name", "");
    }

    /// <summary>A Job that ran to its end for this manifest is not run again when its TTL takes it away.</summary>
    private void TakeInDoneJobs()
    {
        lock (state.Sync)
        {
            foreach (var key in state.DoneJobs)
            {
                if (state.Inventory.TryFind(key, out var entry) && !entry.IsIntent) state.Inventory = state.Inventory.With(entry with { JobDone = true });
            }
            state.DoneJobs.Clear();
        }
    }

    private bool HasWork(ReconcilePlan plan) => plan.Stages.Count > 0 || plan.Verify.Count > 0
        || PruneGate.After(plan, state.Rendered is { } rendered ? NotApplied(rendered) : []).Prune.Any(p => !IsLeaving(p.Key) && !IsTooSoon(p.Key));

    private List<ObjectKey> NotApplied(RenderedSet rendered)
    {
        lock (state.Sync)
        {
            return [.. rendered.Desired.Objects.Where(d => state.Failed.TryGetValue(d.Key, out var f) && f.Try.Hash == d.Hash).Select(d => d.Key)];
        }
    }

    private bool IsLeaving(ObjectKey key) => Locked(() => state.Observed.TryGetValue(key, out var seen) && seen.Object is { IsPresent: true, TerminatingSince: not null });

    private bool IsTooSoon(ObjectKey key) => Locked(() => state.Failed.TryGetValue(key, out var failed) && failed.Try.Hash.Length == 0 && failed.Try.NotBefore > context.Now);

    /// <summary>
    /// A damaged Inventory must not stop the healing: it is begun anew, and every object that bears our marks is taken up again, but never
    /// deleted any more, since nobody remembers whether it existed before us. For a removal it is all there is: that waits for an operator.
    /// </summary>
    private async Task<ErrorVerdict?> LoadAsync(bool isRemoval, CancellationToken cancellationToken)
    {
        var read = await inventories.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (!read.IsOk && (isRemoval || read.Error.Reason != SecretBlob.DamagedReason))
        {
            return read.Error.Reason == SecretBlob.DamagedReason ? new(ErrorKind.Stalled, "InventoryDamaged", read.Error.Message) : ErrorJudge.Judge(read.Error, hideValues: true);
        }
        state.Lost = read.IsOk ? "" : $"{read.Error.Message}. It was begun anew: what is in Git is kept as before; what Git drops from now on is released and not deleted; what it dropped before bears the label {Ownership.Label}={new Ownership(context.HubId(), state.Uid).LabelValue} and is left";
        state.Inventory = read.IsOk ? read.Value : InventoryState.Of(state.Uid);
        state.StoredInventory = state.Inventory;
        state.NextFullCheck = context.Now + (context.Options.FullCheckInterval * (0.5 + (0.7 * Random.Shared.NextDouble())));
        return null;
    }

    private async Task<ErrorVerdict?> SaveAsync(CancellationToken cancellationToken)
    {
        var now = state.Inventory;
        if (ReferenceEquals(now, state.StoredInventory)) return null;
        // A verdict that found everything as it was makes an equal inventory anew: that is no reason to write.
        if (state.StoredInventory is { } stored && InventoryJson.Write(now).AsSpan().SequenceEqual(InventoryJson.Write(stored)))
        {
            state.StoredInventory = now;
            return null;
        }
        if (await inventories.WriteAsync(now, cancellationToken).ConfigureAwait(false) is { } error) return ErrorJudge.Judge(error, hideValues: true);
        state.StoredInventory = now;
        return null;
    }

    private Dictionary<ObjectKey, ObservedObject> Seen() => Locked(() => state.Observed.ToDictionary(o => o.Key, o => o.Value.Object));

    private static IEnumerable<(GroupVersionKind, string)> Kinds(InventoryState inventory) =>
        inventory.Entries.Select(e => (GroupVersionKind.Of(e.ApiVersion, e.Key.Kind), e.Key.Namespace)).Distinct();

    private PassEnd Later(ErrorVerdict problem, WorkStep step, V1.Target? target, V1.TargetSpec? spec) => End(target, spec, step, problem, null, []);

    private PassEnd End(V1.Target? target, V1.TargetSpec? spec, WorkStep step, ErrorVerdict? problem, DateTimeOffset? planned, IReadOnlyList<string> notes)
    {
        DateTimeOffset? retry = null;
        lock (state.Sync)
        {
            state.Failures = problem is null ? 0 : state.Failures + 1;
            state.ErrorSince = problem is null ? null : state.ErrorSince ?? context.Now;
            if (problem is not null) retry = context.Now + Backoff.For(problem, state.Failures, Random.Shared.NextDouble());
            state.Error = problem is null ? null : ReportWriting.Error(problem, retry, state.ErrorSince!.Value);
            state.Drifts.Expire(context.Now);
        }
        var next = NextTime([retry, planned]);
        Report(target, spec, step, state.Error, notes, next);
        var result = problem is not null ? "failed" : "ok";
        context.Metrics.Reconciles.Add(1, new(AgentMetrics.AssignmentLabel, state.Name), new(AgentMetrics.ResultLabel, result));
        // Who lets go of an object wakes the others; should that be missed by a hair, this look (which costs no call) finds it.
        return new(false, false, Locked(() => state.Conflicts.Count > 0) ? Earlier(next, context.Now + ConflictLook) : next);
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is { } x && b is { } y ? (x < y ? x : y) : a ?? b;

    private DateTimeOffset? NextTime(IEnumerable<DateTimeOffset?> known)
    {
        lock (state.Sync)
        {
            return known
                .Append(state.NextFullCheck)
                .Append(state.Drifts.NextExpiry)
                .Concat(state.Failed.Values.Select(f => (DateTimeOffset?)f.Try.NotBefore))
                .Concat(state.Observed.Values.Select(o => o.Health.LookAgainAt))
                .Where(t => t is not null).Min();
        }
    }

    private void Report(V1.Target? target, V1.TargetSpec? spec, WorkStep step, ReportError? error, IReadOnlyList<string> notes, DateTimeOffset? next = null) =>
        context.Reports.Put(ReportComposing.Compose(context, state, target, spec, step, error, notes, next));

    private T Locked<T>(Func<T> read)
    {
        lock (state.Sync) return read();
    }
}

/// <summary>How a pass ended.</summary>
/// <param name="IsRemoved">Everything is gone: the Assignment ends.</param>
/// <param name="IsOver">Nothing names this Assignment any more.</param>
/// <param name="Next">When to look again although nothing happened.</param>
internal sealed record PassEnd(bool IsRemoved, bool IsOver, DateTimeOffset? Next)
{
    public static readonly PassEnd Removed = new(true, false, null);
    public static readonly PassEnd Over = new(false, true, null);
}
