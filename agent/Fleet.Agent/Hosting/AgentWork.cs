using Fleet.Agent.Content;
using Fleet.Agent.Enrollment;
using Fleet.Agent.Kube;
using Fleet.Agent.Policy;
using Fleet.Agent.Reconcile;
using Fleet.Agent.Session;
using Fleet.Agent.State;
using Fleet.Agent.Telemetry;
using Fleet.Agent.Timing;
using Fleet.Agent.Upgrade;
using Fleet.Agent.Watch;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Hosting;

/// <summary>The order of an agent's life: namespace, Lease, stored state, identity; then session, renewal and reconciling side by side, until the Lease is lost.</summary>
internal sealed partial class AgentWork(AgentOptions options, IKubeApi kube, IObjectStore objects, PolicyWatch policy, AgentStatus status, AgentMetrics metrics, TimeProvider time, ILogger log)
{
    /// <summary>Work that takes longer waits for something, and hands its slot on.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(5);
    private readonly StateRetry _retry = new(status, time, log);
    private readonly SecretFiles _secrets = new(kube, options.StateNamespace);
    private readonly UpgradeDesk _upgrade = new(options, kube, new(kube, options.StateNamespace), new(status, time, log), status, time, log);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // Nothing of the caller's thread is used, however long the first await lets wait.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            status.Set("session", false, "NotYet", "no session with the hub yet");
            status.Set("identity", false, "NotYet", "the identity has not been read yet");
            await _retry.UntilDoneAsync($"making the namespace {options.StateNamespace}", _secrets.EnsureNamespaceAsync, cancellationToken).ConfigureAwait(false);
            var lease = new LeaseHolder(kube, options.StateNamespace, options.BootId, _retry, status, time, log);
            while (true)
            {
                await _upgrade.UntilMayWorkAsync(cancellationToken).ConfigureAwait(false);
                await lease.TakeAsync(cancellationToken).ConfigureAwait(false);
                await HoldAsync(lease, cancellationToken).ConfigureAwait(false);
                await StandByAsync(lease, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    /// <summary>Until nobody holds the Lease any more, or the agent that took it was never confirmed.</summary>
    private async Task StandByAsync(LeaseHolder lease, CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] waits = [lease.WatchUntilFreeAsync(both.Token), _upgrade.UntilTakenBackAsync(both.Token)];
        var first = await Task.WhenAny(waits).ConfigureAwait(false);
        await both.CancelAsync().ConfigureAwait(false);
        foreach (var wait in waits) await wait.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
    }

    /// <summary>Works until the Lease is lost. A fault of our own ends the work, is logged, and the work begins anew from what is stored.</summary>
    private async Task HoldAsync(LeaseHolder lease, CancellationToken cancellationToken)
    {
        using var scope = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var lost = lease.WatchUntilLostAsync(scope.Token);
        while (true)
        {
            using var shift = CancellationTokenSource.CreateLinkedTokenSource(scope.Token);
            var work = WorkAsync(lease, shift.Token);
            await Task.WhenAny(lost, work).ConfigureAwait(false);
            await shift.CancelAsync().ConfigureAwait(false);
            await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            if (lost.IsCompleted)
            {
                await lost.ConfigureAwait(false);
                return;
            }
            if (work.Exception?.InnerException is { } fault) Log.Fault(log, fault);
            await Task.Delay(AfterFault * (0.5 + Random.Shared.NextDouble()), time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WorkAsync(LeaseHolder lease, CancellationToken cancellationToken)
    {
        var facts = await _retry.UntilDoneAsync("reading the cluster's version and id", token => ClusterFacts.ReadAsync(kube, token), cancellationToken).ConfigureAwait(false);
        var identities = new IdentityStore(_secrets);
        var stored = await _retry.UntilDoneAsync("reading the identity", identities.ReadAsync, cancellationToken).ConfigureAwait(false);
        var desired = new DesiredBook(new(new(_secrets, DesiredStore.SecretName, lease.IsHolderAsync)), _retry);
        await desired.LoadAsync(cancellationToken).ConfigureAwait(false);

        var enrollment = new EnrollmentFlow(options, identities, _retry, status, time, log);
        var holder = new IdentityHolder(options, identities, _retry, status, time, log);
        if (stored.Identity is { } known) status.Set("identity", true, "Enrolled", $"enrolled as {known.ClusterName}");
        else known = await enrollment.RunAsync(stored, facts, cancellationToken).ConfigureAwait(false);
        holder.Use(known);

        var continuity = new Continuity(identities, _retry);
        continuity.Load(stored);
        var live = new LiveSessionHolder();
        var reports = new ReportBook();
        var index = new AssignmentIndex(time);
        await using var watches = new WatchSet(kube, index, metrics, time, log);
        using var content = new ContentFetcher(objects, ContentLimits.Standard, live, metrics, time);
        var rights = new AssignmentRights(kube, new(options.StateNamespace), policy);
        using var writes = new WorkSlots(options.Parallelism, Moment, time);
        using var renders = new WorkSlots(Math.Max(2, options.Parallelism / 2), Moment, time);
        var pass = new PassContext
        {
            Options = options,
            Rights = rights,
            Desired = desired,
            Reports = reports,
            Renderer = new(content, objects, rights, renders),
            Index = index,
            Objects = objects,
            Content = content,
            Watches = watches,
            Status = status,
            Metrics = metrics,
            Time = time,
            Log = log,
            HubId = () => holder.Current!.HubId,
            ClusterName = known.ClusterName,
            Writes = writes,
        };
        await using var reconciler = new Reconciler(pass, _secrets, lease.IsHolderAsync);
        live.Changed += reconciler.OnSession;
        policy.Changed += reconciler.OnPolicy;
        metrics.Observe(new(() => live.Current is not null, () => (long)desired.Current.Generation, () => desired.Current.Targets.Count, () => index.Objects, () => watches.Count));
        var session = new SessionLoop(new()
        {
            Options = options,
            Identity = holder,
            Enrollment = enrollment,
            Continuity = continuity,
            Desired = desired,
            Reports = reports,
            Live = live,
            Retry = _retry,
            Status = status,
            Metrics = metrics,
            Time = time,
            Log = log,
            Facts = facts,
            RunCommand = new CommandRunner(reconciler, new(pass), _upgrade).RunAsync,
        });
        reconciler.Start();

        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] loops = [session.RunAsync(all.Token), holder.RenewAsync(all.Token), policy.RunAsync(options.PolicyInterval, time, all.Token), _upgrade.FollowAsync(all.Token)];
        var first = await Task.WhenAny(loops).ConfigureAwait(false);
        await all.CancelAsync().ConfigureAwait(false);
        foreach (var loop in loops) await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        policy.Changed -= reconciler.OnPolicy;
        await first.ConfigureAwait(false);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, EventName = "AgentFault", Level = LogLevel.Error, Message = "The agent's work failed and begins anew from what is stored")]
        public static partial void Fault(ILogger logger, Exception exception);
    }
}
