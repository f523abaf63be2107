using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Kube;
using Fleet.Agent.Telemetry;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.State;

/// <summary>
/// One agent a cluster: the newest start takes the Lease, and the older one, which watches it, stops touching anything.
/// The Lease is never renewed by time: an idle agent makes no writes, and the versions that state writes name keep two agents apart even in the moment between.
/// </summary>
internal sealed partial class LeaseHolder(IKubeApi kube, string ns, string identity, StateRetry retry, AgentStatus status, TimeProvider time, ILogger log)
{
    public const string Name = "fleet-agent";
    private static readonly KubeResource Leases = new("coordination.k8s.io", "v1", "Lease", "leases", true, []);
    private static readonly WriteOptions Write = new(SecretFiles.FieldManager);

    public Task TakeAsync(CancellationToken cancellationToken) => retry.UntilDoneAsync("taking the Lease", TryTakeAsync, cancellationToken);

    /// <summary>Returns when another agent has taken the Lease.</summary>
    public async Task WatchUntilLostAsync(CancellationToken cancellationToken)
    {
        for (var failures = 1; ; failures++)
        {
            var held = await HolderAsync(cancellationToken).ConfigureAwait(false);
            if (held.IsOk && held.Value.Holder != identity && held.Value.Holder.Length > 0)
            {
                status.Set("lease", false, "TakenOver", $"another agent ({held.Value.Holder}) has taken over this cluster; this one does nothing. Stop one of the two; restart this one to take over again");
                Log.Lost(log, held.Value.Holder);
                return;
            }
            // Deleted by hand: written anew, else a second agent could not be seen coming.
            if (held.IsOk && held.Value.Holder.Length == 0) await TakeAsync(cancellationToken).ConfigureAwait(false);
            if (held.IsOk) failures = 1;
            var from = held.IsOk ? held.Value.Version : "";
            if (from.Length > 0 && await WatchOnceAsync(from, cancellationToken).ConfigureAwait(false)) continue;
            await Task.Delay(Backoff.Apply.Delay(failures, Random.Shared.NextDouble()), time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Returns when nobody holds the Lease any more.</summary>
    public async Task WatchUntilFreeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var held = await HolderAsync(cancellationToken).ConfigureAwait(false);
            if (held.IsOk && held.Value.Holder.Length == 0) return;
            if (held.IsOk && await WatchOnceAsync(held.Value.Version, cancellationToken).ConfigureAwait(false)) continue;
            await Task.Delay(TimeSpan.FromSeconds(5 + (5 * Random.Shared.NextDouble())), time, cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task<KubeResult<bool>> IsHolderAsync(CancellationToken cancellationToken)
    {
        var held = await HolderAsync(cancellationToken).ConfigureAwait(false);
        return held.IsOk ? held.Value.Holder == identity : held.Error;
    }

    private async Task<KubeApiError?> TryTakeAsync(CancellationToken cancellationToken)
    {
        var found = await kube.GetAsync(Leases, ns, Name, cancellationToken).ConfigureAwait(false);
        if (!found.IsOk && !found.Error.IsObjectGone(Name)) return found.Error;
        var now = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        var transitions = found.IsOk ? (found.Value.Spec.Number("leaseTransitions") ?? 0) + 1 : 0;
        var metadata = new JsonObject { ["name"] = Name, ["namespace"] = ns };
        if (found.IsOk) metadata["resourceVersion"] = found.Value.ResourceVersion;
        var body = new KubeObject(new()
        {
            ["apiVersion"] = "coordination.k8s.io/v1",
            ["kind"] = "Lease",
            ["metadata"] = metadata,
            ["spec"] = new JsonObject { ["holderIdentity"] = identity, ["acquireTime"] = now, ["leaseTransitions"] = transitions },
        });
        var written = found.IsOk
            ? await kube.UpdateAsync(Leases, body, Write, cancellationToken).ConfigureAwait(false)
            : await kube.CreateAsync(Leases, body, Write, cancellationToken).ConfigureAwait(false);
        if (!written.IsOk) return written.Error;
        status.Set("lease", true, "Held", "this agent holds the cluster's Lease");
        return null;
    }

    private async Task<KubeResult<(string Holder, string Version)>> HolderAsync(CancellationToken cancellationToken)
    {
        var found = await kube.GetAsync(Leases, ns, Name, cancellationToken).ConfigureAwait(false);
        if (found.IsOk) return (found.Value.Spec.Text("holderIdentity") ?? "", found.Value.ResourceVersion);
        return found.Error.IsObjectGone(Name) ? ("", "") : found.Error;
    }

    /// <summary>True when something happened to the Lease, or the watch ended in the normal course; false when it broke.</summary>
    private async Task<bool> WatchOnceAsync(string version, CancellationToken cancellationToken)
    {
        await foreach (var e in kube.WatchAsync(Leases, new() { Namespace = ns, FieldSelector = $"metadata.name={Name}" }, version, cancellationToken).ConfigureAwait(false))
        {
            if (e.Type == WatchEventType.Bookmark) continue;
            if (e.Type == WatchEventType.Error) return e.Error?.IsExpired == true;
            if (e.Type is WatchEventType.Deleted or WatchEventType.Added || (e.Object?.Spec.Text("holderIdentity") ?? "") != identity) return true;
        }
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, EventName = "LeaseLost", Level = LogLevel.Warning, Message = "Another agent ({Holder}) has taken over this cluster; this one does nothing any more")]
        public static partial void Lost(ILogger logger, string holder);
    }
}
