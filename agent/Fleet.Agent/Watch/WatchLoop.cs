using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;
using Fleet.Agent.Kube;
using Fleet.Agent.Reconcile;
using Fleet.Agent.Telemetry;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Watch;

/// <summary>One watch, kept open: list, then events, then where the last one ended. Only what carries our label is sent at all.</summary>
internal sealed partial class WatchLoop(WatchKey key, KubeResource resource, IKubeApi kube, IObservations observations, AgentMetrics metrics, TimeProvider time, ILogger log)
{
    private const int PageSize = 250;
    private static readonly Backoff Retry = new(TimeSpan.FromSeconds(0.5), TimeSpan.FromMinutes(1));
    private static readonly TimeSpan ShortWatch = TimeSpan.FromSeconds(1);
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Selection _selection = new() { Namespace = key.Namespace, LabelSelector = Ownership.Label };

    /// <summary>Done when the first list was taken in; or when it is known that there is none to be had for now.</summary>
    public Task Synced => _synced.Task;

    /// <summary>The last try failed, and why.</summary>
    public KubeApiError? Error { get; private set; }

    /// <summary>It looks at all namespaces, and may not (any more).</summary>
    public bool IsRightLost => key.Namespace.Length == 0 && resource.Namespaced && Error is { HttpStatus: 403 };

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var version = "";
        for (var failures = 0; ;)
        {
            if (version.Length == 0)
            {
                var listed = await ListAsync(cancellationToken).ConfigureAwait(false);
                if (listed.IsOk) version = listed.Value;
                Error = listed.Error;
                _synced.TrySetResult();
            }
            if (version.Length > 0)
            {
                var opened = time.GetTimestamp();
                var (next, error) = await FollowAsync(version, cancellationToken).ConfigureAwait(false);
                if (next != version) failures = 0;
                // A server that closes every watch at once must not be asked in a circle.
                if (error is null && time.GetElapsedTime(opened) < ShortWatch) await Task.Delay(ShortWatch, time, cancellationToken).ConfigureAwait(false);
                version = next;
                Error = error;
            }
            if (Error is null)
            {
                Restarted("closed");
                continue;
            }
            if (Error.IsExpired)
            {
                Restarted("expired");
                version = "";
                // A server that expires every list at once must not be asked in a circle.
                if (++failures == 1) continue;
            }
            else
            {
                Restarted("failed");
                failures++;
                if (IsRightLost) observations.Refused(key);
            }
            var verdict = ErrorJudge.Judge(Error);
            var wait = Retry.Delay(failures, Random.Shared.NextDouble());
            if (verdict.Wait is { } asked && asked > wait) wait = asked;
            Log.Failed(log, key.Kind.ToString(), key.Namespace, verdict.Reason, verdict.Message, wait.TotalSeconds);
            await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<KubeResult<string>> ListAsync(CancellationToken cancellationToken)
    {
        var seen = new HashSet<ObjectKey>();
        string? next = null;
        var version = "";
        do
        {
            var page = await kube.ListAsync(resource, _selection, PageSize, next, cancellationToken).ConfigureAwait(false);
            if (!page.IsOk) return page.Error;
            foreach (var item in page.Value.Items)
            {
                seen.Add(item.Key);
                if (observations.IsOwned(key, item.Key)) observations.Seen(key, item);
            }
            version = page.Value.ResourceVersion;
            next = page.Value.Continue;
        }
        while (next.Length > 0);
        foreach (var (expected, last) in observations.Expected(key))
        {
            // Written after this list was made: the events that follow will show it.
            if (seen.Contains(expected) || AssignmentState.IsOlder(version, last)) continue;
            await LookAsync(expected, cancellationToken).ConfigureAwait(false);
        }
        return version;
    }

    /// <summary>Follows events until the watch ends. Returns where to go on, and the error if it did not end in the normal course.</summary>
    private async Task<(string Version, KubeApiError? Error)> FollowAsync(string version, CancellationToken cancellationToken)
    {
        await foreach (var e in kube.WatchAsync(resource, _selection, version, cancellationToken).ConfigureAwait(false))
        {
            if (e.Type == WatchEventType.Error) return (version, e.Error);
            if (e.ResourceVersion.Length > 0) version = e.ResourceVersion;
            metrics.WatchEvents.Add(1);
            if (e.Object is not { } live || e.Type is WatchEventType.Bookmark or WatchEventType.Unknown || !observations.IsOwned(key, live.Key)) continue;
            // A lost label looks just like a deletion, and carries the object as it was: only a read tells.
            if (e.Type == WatchEventType.Deleted) await LookAsync(live.Key, cancellationToken).ConfigureAwait(false);
            else observations.Seen(key, live);
        }
        return (version, null);
    }

    private async Task LookAsync(ObjectKey expected, CancellationToken cancellationToken)
    {
        var found = await kube.GetAsync(resource, expected.Namespace, expected.Name, cancellationToken).ConfigureAwait(false);
        if (found.IsOk) observations.Seen(key, found.Value);
        else if (found.Error.IsObjectGone(expected.Name)) observations.Absent(key, expected);
        // Any other answer says nothing about the object; the next list or full check asks again.
    }

    private void Restarted(string reason) => metrics.WatchRestarts.Add(1, new KeyValuePair<string, object?>(AgentMetrics.ReasonLabel, reason));

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, EventName = "WatchFailed", Level = LogLevel.Warning, Message = "The watch of {Kind} in '{Namespace}' failed ({Reason}): {Words}; opened again in {Seconds:0.0} s")]
        public static partial void Failed(ILogger logger, string kind, string @namespace, string reason, string words, double seconds);
    }
}
