using System.Collections.Concurrent;
using Fleet.Agent.Content;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Policy;
using Fleet.Agent.Kube;
using Fleet.Agent.Session;
using Fleet.Agent.State;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Reconcile;

/// <summary>One loop for each Assignment: sleeps until something wakes it or its time comes, then makes one pass. A wake-up is only a hint; a pass looks at everything.</summary>
internal sealed partial class Reconciler : IAsyncDisposable
{
    /// <summary>Several events of one change come together.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(25);
    private static readonly Backoff AfterFault = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
    private readonly PassContext _context;
    private readonly SecretFiles _secrets;
    private readonly Func<CancellationToken, Task<KubeResult<bool>>> _isHolder;
    private readonly ConcurrentDictionary<string, Task> _loops = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();

    public Reconciler(PassContext context, SecretFiles secrets, Func<CancellationToken, Task<KubeResult<bool>>> isHolder)
    {
        (_context, _secrets, _isHolder) = (context, secrets, isHolder);
        context.Desired.Changed += OnChanged;
    }

    /// <summary>Begins with what is stored.</summary>
    public void Start() => OnChanged(DesiredState.Empty, _context.Desired.Current);

    /// <summary>Wakes one Assignment, or all.</summary>
    /// <param name="uid">Empty: all.</param>
    /// <param name="check">Also compare everything, whatever the watches say.</param>
    /// <returns>False: there is no such Assignment here.</returns>
    public bool Wake(string uid, bool check)
    {
        var any = false;
        foreach (var state in _context.Index.All.Where(s => uid.Length == 0 || s.Uid == uid))
        {
            any = true;
            lock (state.Sync)
            {
                state.CheckNow |= check;
                // Whoever asks for it has perhaps mended what failed.
                if (check) state.Failed.Clear();
            }
            state.Wake.Set();
        }
        return any || uid.Length == 0;
    }

    /// <summary>A session stands again: what waited for content goes on.</summary>
    public void OnSession(bool stands)
    {
        if (!stands) return;
        foreach (var state in _context.Index.All.Where(s => s.Error is not null)) state.Wake.Set();
    }

    /// <summary>The cluster's policy is another one: everything is judged anew, and what it refused before may be tried at once.</summary>
    public void OnPolicy()
    {
        foreach (var state in _context.Index.All)
        {
            lock (state.Sync)
            {
                foreach (var key in state.Failed.Where(f => f.Value.Try.Reason == RightsJudge.PolicyRefused).Select(f => f.Key).ToList()) state.Failed.Remove(key);
            }
            state.Wake.Set();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _context.Desired.Changed -= OnChanged;
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (var loop in _loops.Values) await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private void OnChanged(DesiredState before, DesiredState now)
    {
        foreach (var (uid, held) in now.Targets)
        {
            if (before.Targets.TryGetValue(uid, out var old) && old.Equals(held) && _loops.ContainsKey(uid)) continue;
            Begin(uid, held.Target.AssignmentName);
        }
        foreach (var (uid, tombstone) in now.Tombstones)
        {
            if (before.Tombstones.ContainsKey(uid) && _loops.ContainsKey(uid)) continue;
            Begin(uid, tombstone.AssignmentName);
        }
    }

    private void Begin(string uid, string name)
    {
        if (_stop.IsCancellationRequested) return;
        var state = _context.Index.Get(uid, name);
        // A new word of the hub: what failed before is looked at again.
        lock (state.Sync) state.Failures = 0;
        state.Preempt();
        _loops.GetOrAdd(uid, _ => Task.Run(() => LoopAsync(state, _stop.Token)));
        state.Wake.Set();
    }

    private async Task LoopAsync(AssignmentState state, CancellationToken cancellationToken)
    {
        var pass = new ReconcilePass(_context, state, new(_secrets, state.Uid, _isHolder),
            new(_secrets, InventoryStore.NameOf(state.Uid, InventoryStore.ContentPrefix), _context.Objects, ContentLimits.Standard, _isHolder));
        for (var faults = 0; ;)
        {
            PassEnd end;
            // No bound on passes: what costs something (rendering, writing) has its own, and a pass that waits holds nothing.
            using var turn = state.Begin(_context.Time, cancellationToken);
            var began = _context.Time.GetTimestamp();
            try
            {
                end = await pass.RunAsync(turn).ConfigureAwait(false);
                faults = 0;
            }
            catch (OperationCanceledException) when (turn.IsPreempted && !cancellationToken.IsCancellationRequested)
            {
                // The hub has said something new: what was under way no longer counts.
                end = new(false, false, _context.Now);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // A bug, or bad input that got past every check: said aloud, and tried again slowly; other Assignments go on.
                var wait = AfterFault.Delay(++faults, Random.Shared.NextDouble());
                Log.Fault(_context.Log, e, state.Name, wait.TotalSeconds);
                _context.Reports.Put(Fault(state, e));
                end = new(false, false, _context.Now + wait);
            }
            finally
            {
                _context.Metrics.ReconcileSeconds.Record(_context.Time.GetElapsedTime(began).TotalSeconds);
            }
            if (end.IsRemoved && await CompleteAsync(state, cancellationToken).ConfigureAwait(false)) return;
            if (end.IsOver && Retire(state)) return;
            await SleepAsync(state, end, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task SleepAsync(AssignmentState state, PassEnd end, CancellationToken cancellationToken)
    {
        if (end.Next is { } next)
        {
            var wait = next - _context.Now;
            // A timer reaches no further than some weeks; looking once more does no harm.
            if (wait > TimeSpan.FromDays(7)) wait = TimeSpan.FromDays(7);
            if (wait < TimeSpan.FromMilliseconds(50)) wait = TimeSpan.FromMilliseconds(50);
            await state.Wake.WaitAsync(wait, _context.Time, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await state.Wake.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        await Task.Delay(Gather, _context.Time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A removal is done: first the state forgets it, then the hub hears of it. False: it is wanted again meanwhile.</summary>
    private async Task<bool> CompleteAsync(AssignmentState state, CancellationToken cancellationToken)
    {
        await _context.Desired.ChangeAsync(held => held.Tombstones.ContainsKey(state.Uid) ? held with { Tombstones = held.Tombstones.Remove(state.Uid) } : null, cancellationToken).ConfigureAwait(false);
        _context.Reports.Remove(state.Uid);
        Log.Removed(_context.Log, state.Name);
        return Retire(state);
    }

    private bool Retire(AssignmentState state)
    {
        _context.Index.Remove(state.Uid);
        _loops.TryRemove(state.Uid, out _);
        _context.Index.WakeDependents(state);
        var now = _context.Desired.Current;
        // Named again in this very moment: a new loop takes it from here.
        if (now.Targets.TryGetValue(state.Uid, out var again)) Begin(state.Uid, again.Target.AssignmentName);
        else if (now.Tombstones.TryGetValue(state.Uid, out var tombstone)) Begin(state.Uid, tombstone.AssignmentName);
        _ = _context.Watches.TrimAsync(_context.Index.IsNeeded);
        return true;
    }

    private V1.Report Fault(AssignmentState state, Exception e) => new()
    {
        AssignmentUid = state.Uid,
        AssignmentName = state.Name,
        Revision = _context.Desired.Current.Targets.GetValueOrDefault(state.Uid)?.Target.Revision ?? "",
        SpecDigest = _context.Desired.Current.Targets.GetValueOrDefault(state.Uid)?.Target.SpecDigest ?? "",
        AppliedRevision = state.AppliedRevision,
        AppliedSpecDigest = state.AppliedSpecDigest,
        Phase = V1.ReportPhase.Stalled,
        Message = $"the agent failed ({e.GetType().Name}: {e.Message}); it tries again slowly. See the agent's log, and tell Fleet's developers",
        Error = new() { Retry = nameof(ErrorKind.Stalled), Reason = "AgentFault", Message = e.Message },
        ObservedTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(_context.Now),
    };

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, EventName = "ReconcileFault", Level = LogLevel.Error, Message = "{Assignment}: the reconcile failed; again in {Seconds:0.0} s")]
        public static partial void Fault(ILogger logger, Exception exception, string assignment, double seconds);

        [LoggerMessage(EventId = 2, EventName = "AssignmentGone", Level = LogLevel.Information, Message = "{Assignment}: everything of it has left this cluster")]
        public static partial void Removed(ILogger logger, string assignment);
    }
}
