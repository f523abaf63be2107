using System.Collections.Concurrent;
using Fleet.Agent.Apply;
using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;
using Fleet.Agent.Kube;
using Fleet.Agent.Telemetry;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Reconcile;

/// <summary>Carries out one Plan of one Assignment: stage by stage, in parallel within a stage, each object for itself; what fails is remembered with its time, and holds up nothing else.</summary>
/// <param name="context">Of the agent.</param>
/// <param name="state">Of the Assignment.</param>
/// <param name="policy">How its objects are written.</param>
/// <param name="kube">The API server, with the Assignment's rights.</param>
/// <param name="turn">Ends it early.</param>
/// <param name="save">Stores the Inventory as it is now.</param>
internal sealed partial class PlanExecution(PassContext context, AssignmentState state, ApplyPolicy policy, IKubeApi kube, PassTurn turn, Func<CancellationToken, Task<ErrorVerdict?>> save)
{
    /// <summary>So many failures of the connection in a row mean that the server is gone, not that an object is bad.</summary>
    private const int GivesUpAfter = 8;
    private static readonly TimeSpan DefinitionPatience = TimeSpan.FromSeconds(10);
    private readonly ConcurrentQueue<(ApplyItem Item, InventoryEntry Entry)> _toRecord = new();
    private int _unreachable;

    public async Task ApplyAsync(ReconcilePlan plan, RenderedSet rendered, CancellationToken cancellationToken)
    {
        foreach (var stage in plan.Stages)
        {
            if (stage.Gate == StageGate.BackendsAvailable) await ApplyAdmissionAsync(stage, rendered, cancellationToken).ConfigureAwait(false);
            else await ApplyAllAsync(stage.Items, rendered, cancellationToken).ConfigureAwait(false);
            if (stage.Stage == Stage.Definitions) await AwaitDefinitionsAsync(stage, rendered, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>All are tried; what has to stand on record before it is written (an adoption, a replacement) is recorded in one go, and tried again.</summary>
    private async Task ApplyAllAsync(IReadOnlyList<ApplyItem> items, RenderedSet rendered, CancellationToken cancellationToken)
    {
        await ForAllAsync(items, (item, token) => ApplyOneAsync(item, rendered, token), cancellationToken).ConfigureAwait(false);
        var recorded = new List<ApplyItem>();
        lock (state.Sync)
        {
            while (_toRecord.TryDequeue(out var next))
            {
                state.Inventory = state.Inventory.With(next.Entry);
                recorded.Add(next.Item with { Entry = next.Entry });
            }
        }
        if (recorded.Count == 0) return;
        if (await save(turn.End).ConfigureAwait(false) is { } unsaved)
        {
            foreach (var item in recorded) Fail(item.Key, item.Desired.Hash, unsaved);
            return;
        }
        await ForAllAsync(recorded, (item, token) => ApplyOneAsync(item, rendered, token), cancellationToken).ConfigureAwait(false);
        // Asked to record once more: the object changed in between, and has its next try.
        while (_toRecord.TryDequeue(out var again)) Fail(again.Item.Key, again.Item.Desired.Hash, new(ErrorKind.Transient, "Conflict", $"{again.Item.Key} changed meanwhile; it is read and tried again"));
    }

    public Task VerifyAsync(ReconcilePlan plan, RenderedSet rendered, CancellationToken cancellationToken) =>
        ForAllAsync(plan.Verify, (item, token) => VerifyOneAsync(item, rendered, token), cancellationToken);

    /// <returns>Notes for the Report.</returns>
    public async Task<List<string>> PruneAsync(IReadOnlyList<PruneItem> items, CancellationToken cancellationToken)
    {
        var notes = new ConcurrentQueue<string>();
        // In the install order backwards, what others depend on last; within a stage one that hangs holds up no other.
        foreach (var stage in items.GroupBy(i => InstallOrder.StageOf(i.Key.Group, i.Key.Kind)).OrderByDescending(g => g.Key))
        {
            await ForAllAsync([.. stage], (item, token) => PruneOneAsync(item, notes, token), cancellationToken).ConfigureAwait(false);
        }
        return [.. notes];
    }

    private async Task PruneOneAsync(PruneItem item, ConcurrentQueue<string> notes, CancellationToken cancellationToken)
    {
        // Whoever has come to want it since the Plan was made keeps it.
        if (item.Action is PruneAction.Delete or PruneAction.Release && !context.Index.MayLeave(state, item.Key, context.Desired.Current))
        {
            state.Wake.Set();
            return;
        }
        var outcome = await Pruner.PruneAsync(kube, item, policy.Owner, cancellationToken).ConfigureAwait(false);
        if (outcome.Note is { } note) notes.Enqueue(note);
        var result = outcome.Error is not null ? "failed" : item.Action is PruneAction.Delete ? "deleted" : "released";
        context.Metrics.Prunes.Add(1, new KeyValuePair<string, object?>(AgentMetrics.ResultLabel, result));
        if (outcome.Error is { } error)
        {
            Fail(item.Key, "", error);
            return;
        }
        lock (state.Sync)
        {
            state.Failed.Remove(item.Key);
            if (outcome.IsGone)
            {
                state.Inventory = state.Inventory.Without(item.Key);
                state.Observed.Remove(item.Key);
                state.Corrections.Remove(item.Key);
                state.Drifts.Forget(item.Key);
                if (item.Action == PruneAction.Delete) state.Pruned++;
            }
        }
        if (!outcome.IsGone && outcome.Live is { } leaving && state.See(leaving, context.Now)) state.Wake.Set();
        if (item.Action is PruneAction.Delete or PruneAction.Release) Log.Pruned(context.Log, state.Name, item.Key.ToString(), item.Action.ToString(), item.Note);
    }

    private async Task ApplyOneAsync(ApplyItem item, RenderedSet rendered, CancellationToken cancellationToken)
    {
        state.BeginWrite(item.Key);
        KubeObject? answer = null;
        var gone = false;
        try
        {
            bool lost;
            // Nothing seen of it, or applied at another version before: then our entry in managedFields is looked for.
            lock (state.Sync) lost = !state.Observed.TryGetValue(item.Key, out var seen) || seen is { HasOurEntry: false, Object.IsPresent: true } || item.Entry?.ApiVersion != item.Desired.Object.ApiVersion;
            var outcome = await Applier.ApplyAsync(kube, item, rendered.Body(item.Key), policy, () => context.Index.PastOf(state, item.Key, context.Desired.Current), lost, cancellationToken).ConfigureAwait(false);
            answer = outcome.Answer;
            if (outcome.Record is { } entry) _toRecord.Enqueue((item, entry));
            else if (outcome.Error is { } error) Fail(item.Key, item.Desired.Hash, error);
            else
            {
                Succeed(item, outcome);
                NoteAdmission(item.Key, AdmissionChanges.Note(rendered.Body(item.Key), outcome.Answer!));
            }
            gone = outcome.IsGone;
        }
        finally
        {
            if (state.EndWrite(item.Key, answer, context.Now)) state.Wake.Set();
            if (gone) state.SeeAbsent(item.Key);
        }
    }

    private void NoteAdmission(ObjectKey key, string? note)
    {
        lock (state.Sync)
        {
            if (note is null) state.ChangedAtAdmission.Remove(key);
            else state.ChangedAtAdmission[key] = note;
        }
    }

    private void Succeed(ApplyItem item, ApplyOutcome outcome)
    {
        Interlocked.Exchange(ref _unreachable, 0);
        context.Metrics.Applies.Add(1, new KeyValuePair<string, object?>(AgentMetrics.ResultLabel, "applied"));
        var now = context.Now;
        var correction = item.Reason is ApplyReason.Drifted or ApplyReason.Missing or ApplyReason.Replaced;
        lock (state.Sync)
        {
            state.Inventory = state.Inventory.With(outcome.Entry!);
            state.Failed.Remove(item.Key);
            if (!correction)
            {
                state.Drifts.Forget(item.Key);
                return;
            }
            if (state.Drifts.Heal(item.Key, now) is { } since) context.Metrics.HealSeconds.Record((now - since).TotalSeconds);
            state.Corrections[item.Key] = CorrectionBackoff.Corrected(state.Corrections.GetValueOrDefault(item.Key, CorrectionHistory.None), now);
            state.CorrectionsMade++;
            state.LastCorrection = now;
        }
        context.Metrics.Corrections.Add(1, new KeyValuePair<string, object?>(AgentMetrics.AssignmentLabel, state.Name));
        Log.Corrected(context.Log, state.Name, item.Key.ToString(), item.Reason.ToString());
    }

    private async Task VerifyOneAsync(VerifyItem item, RenderedSet rendered, CancellationToken cancellationToken)
    {
        var outcome = await Verifier.VerifyAsync(kube, item, rendered.Body(item.Key), cancellationToken).ConfigureAwait(false);
        if (outcome.Error is { } error)
        {
            Fail(item.Key, item.Desired.Hash, error);
            return;
        }
        if (outcome.Live is not { } live)
        {
            state.SeeAbsent(item.Key);
            return;
        }
        var now = context.Now;
        lock (state.Sync)
        {
            state.Failed.Remove(item.Key);
            if (outcome.Baseline is { } baseline) state.Inventory = state.Inventory.With(baseline);
        }
        state.See(live, now);
        lock (state.Sync)
        {
            if (!state.Observed.TryGetValue(item.Key, out var seen)) return;
            // Seen again meanwhile, at another version: that state has its own suspicion and its own check.
            if (seen.Object.ResourceVersion != live.ResourceVersion) return;
            state.Observed[item.Key] = seen with { Object = seen.Object with { Judged = new(live.ResourceVersion, outcome.Verdict!) } };
            if (outcome.Verdict!.IsDrift) state.Drifts.See(item.Key, outcome.Verdict.Fields, now);
            else state.Drifts.Forget(item.Key);
        }
        if (!outcome.Verdict!.IsDrift) return;
        context.Metrics.Drifts.Add(1, new KeyValuePair<string, object?>(AgentMetrics.AssignmentLabel, state.Name));
        Log.Drifted(context.Log, state.Name, item.Key.ToString(), string.Join(", ", outcome.Verdict.Fields.Take(5).Select(f => f.Path)), string.Join(", ", outcome.Verdict.Managers.Take(3)));
    }

    private void Fail(ObjectKey key, string hash, ErrorVerdict error)
    {
        var random = Random.Shared.NextDouble();
        FailedApply failed;
        lock (state.Sync)
        {
            var again = state.Failed.TryGetValue(key, out var old) && old.Try.Hash == hash;
            var count = again ? old!.Count + 1 : 1;
            failed = new(new(hash, context.Now + Backoff.For(error, count, random), error.Reason, error.Message), error.Kind, count, again ? old!.Since : context.Now);
            state.Failed[key] = failed;
        }
        if (error.Reason is "TimedOut" or "Unreachable") Interlocked.Increment(ref _unreachable);
        context.Metrics.Applies.Add(1, new KeyValuePair<string, object?>(AgentMetrics.ResultLabel, error.Kind switch { ErrorKind.Stalled => "stalled", ErrorKind.Waiting => "waiting", _ => "transient" }));
        if (failed.Count <= 3 || (failed.Count & (failed.Count - 1)) == 0) Log.Failed(context.Log, state.Name, key.ToString(), error.Reason, error.Message, failed.Count);
    }

    /// <summary>Webhooks and policies are switched on only when what answers them runs: else they refuse the very Pods that would.</summary>
    private async Task ApplyAdmissionAsync(PlanStage stage, RenderedSet rendered, CancellationToken cancellationToken)
    {
        var whole = rendered.Whole();
        var ready = new List<ApplyItem>();
        foreach (var item in stage.Items)
        {
            var backends = AdmissionBackends.Workloads(whole.First(d => d.Key == item.Key).Object, whole);
            ObjectKey? missing;
            lock (state.Sync) missing = backends.Where(b => !(state.Observed.TryGetValue(b, out var seen) && seen.Health.State == Core.Health.HealthState.Current)).Cast<ObjectKey?>().FirstOrDefault();
            if (missing is null || item.Entry is { IsIntent: false }) ready.Add(item);
            else Fail(item.Key, item.Desired.Hash, new(ErrorKind.Waiting, "BackendNotReady", $"{item.Key} is switched on once {missing} is available: before that it would refuse what it serves"));
        }
        await ApplyAllAsync(ready, rendered, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives CRDs of this very Plan a moment to be served; what takes longer waits object by object.</summary>
    private async Task AwaitDefinitionsAsync(PlanStage stage, RenderedSet rendered, CancellationToken cancellationToken)
    {
        var began = context.Time.GetTimestamp();
        var open = stage.Items.Where(i => state.Inventory.TryFind(i.Key, out var e) && e.RenderedHash == i.Desired.Hash).Select(i => rendered.Body(i.Key)).ToList();
        while (open.Count > 0 && context.Time.GetElapsedTime(began) < DefinitionPatience)
        {
            for (var i = open.Count - 1; i >= 0; i--)
            {
                var group = open[i].Spec.Text("group") ?? "";
                var version = open[i].Spec.List("versions").Objects().FirstOrDefault(v => v.Flag("served") == true).Text("name") ?? "";
                kube.ForgetGroup(group);
                var served = await kube.ResolveAsync(new(group, version, open[i].Spec.Map("names").Text("kind") ?? ""), cancellationToken).ConfigureAwait(false);
                if (served.IsOk) open.RemoveAt(i);
            }
            if (open.Count > 0) await Task.Delay(TimeSpan.FromMilliseconds(100), context.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ForAllAsync<T>(IReadOnlyList<T> items, Func<T, CancellationToken, Task> one, CancellationToken cancellationToken)
    {
        var running = new List<Task>();
        try
        {
            foreach (var item in items)
            {
                // The rest is left for the next pass; it has no failures of its own to its name.
                if (Volatile.Read(ref _unreachable) >= GivesUpAfter) break;
                cancellationToken.ThrowIfCancellationRequested();
                running.Add(await context.Writes.StartAsync(() => one(item, turn.Calls), cancellationToken).ConfigureAwait(false));
                running.RemoveAll(t => t.IsCompletedSuccessfully);
            }
        }
        finally
        {
            await Task.WhenAll(running).ConfigureAwait(false);
        }
    }

    /// <summary>True when the pass was cut short because the API server does not answer.</summary>
    public bool GaveUp => Volatile.Read(ref _unreachable) >= GivesUpAfter;

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, EventName = "ObjectFailed", Level = LogLevel.Warning, Message = "{Assignment}: {Object} was not applied ({Reason}, try {Count}): {Words}")]
        public static partial void Failed(ILogger logger, string assignment, string @object, string reason, string words, int count);

        [LoggerMessage(EventId = 2, EventName = "ObjectDrifted", Level = LogLevel.Information, Message = "{Assignment}: {Object} has drifted in {Fields}; written by {Managers}")]
        public static partial void Drifted(ILogger logger, string assignment, string @object, string fields, string managers);

        [LoggerMessage(EventId = 3, EventName = "ObjectCorrected", Level = LogLevel.Information, Message = "{Assignment}: {Object} was put right ({Reason})")]
        public static partial void Corrected(ILogger logger, string assignment, string @object, string reason);

        [LoggerMessage(EventId = 4, EventName = "ObjectPruned", Level = LogLevel.Information, Message = "{Assignment}: {Object} leaves ({Action}): {Why}")]
        public static partial void Pruned(ILogger logger, string assignment, string @object, string action, string why);
    }
}
