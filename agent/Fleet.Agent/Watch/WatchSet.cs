using Fleet.Agent.Core.Objects;
using Fleet.Agent.Kube;
using Fleet.Agent.Telemetry;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Watch;

/// <summary>The watches that are open: one for each identity, version of a kind and namespace; cluster-wide where the cluster's authorizer allows it.</summary>
internal sealed class WatchSet(IKubeApi kube, IObservations observations, AgentMetrics metrics, TimeProvider time, ILogger log) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<WatchKey, Open> _open = [];
    private readonly Dictionary<(string User, GroupVersionKind Kind), bool> _clusterWide = [];
    private readonly CancellationTokenSource _stop = new();

    public int Count
    {
        get
        {
            lock (_lock) return _open.Count;
        }
    }

    /// <summary>Opens what is lacking for these objects, and waits until the first lists were taken in, for the given time at most.</summary>
    public async Task EnsureAsync(string user, IEnumerable<(GroupVersionKind Kind, string Namespace)> needed, TimeSpan patience, CancellationToken cancellationToken)
    {
        var api = user.Length == 0 ? kube : kube.Impersonating(user);
        var synced = new List<Task>();
        foreach (var group in needed.GroupBy(n => n.Kind))
        {
            var resource = await api.ResolveAsync(group.Key, cancellationToken).ConfigureAwait(false);
            if (!resource.IsOk || (resource.Value.Verbs.Count > 0 && !resource.Value.Verbs.Contains("watch"))) continue;
            await DropLostAsync(new(user, group.Key, "")).ConfigureAwait(false);
            var wide = !resource.Value.Namespaced || await IsClusterWideAllowedAsync(api, user, resource.Value, cancellationToken).ConfigureAwait(false);
            foreach (var ns in wide ? [""] : group.Select(n => n.Namespace).Distinct()) synced.Add(StartOrFind(new(user, group.Key, ns), resource.Value, api));
        }
        if (synced.Count == 0) return;
        using var limit = new CancellationTokenSource(patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await Task.WhenAll(synced).WaitAsync(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A slow or hanging kind must not hold up the others; its objects stay unobserved until it answers.
        }
    }

    /// <summary>Closes watches that nobody needs any more.</summary>
    /// <param name="isNeeded">Asked for each.</param>
    public async Task TrimAsync(Func<WatchKey, bool> isNeeded)
    {
        List<Open> closing = [];
        lock (_lock)
        {
            foreach (var key in _open.Keys.Where(k => !isNeeded(k)).ToList())
            {
                _open.Remove(key, out var open);
                closing.Add(open!);
            }
        }
        foreach (var open in closing) await open.CloseAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await TrimAsync(_ => false).ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>A cluster-wide watch whose right was taken away is closed, and the right is asked for anew.</summary>
    private async Task DropLostAsync(WatchKey key)
    {
        Open? lost;
        lock (_lock)
        {
            if (!_open.TryGetValue(key, out lost) || !lost.Loop.IsRightLost) return;
            _open.Remove(key);
            _clusterWide.Remove((key.User, key.Kind));
        }
        await lost.CloseAsync().ConfigureAwait(false);
    }

    private Task StartOrFind(WatchKey key, KubeResource resource, IKubeApi api)
    {
        lock (_lock)
        {
            if (_open.TryGetValue(key, out var open)) return open.Loop.Synced;
            var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            var loop = new WatchLoop(key, resource, api, observations, metrics, time, log);
            _open[key] = new(loop, Task.Run(() => loop.RunAsync(stop.Token), stop.Token), stop);
            return loop.Synced;
        }
    }

    /// <summary>RBAC cannot filter by label: a cluster-wide watch is opened only where the right is there anyway.</summary>
    private async Task<bool> IsClusterWideAllowedAsync(IKubeApi api, string user, KubeResource resource, CancellationToken cancellationToken)
    {
        var key = (user, resource.GroupVersionKind);
        lock (_lock)
        {
            if (_clusterWide.TryGetValue(key, out var known)) return known;
        }
        var list = await api.IsAllowedAsync(new("list", resource.Group, resource.Plural), cancellationToken).ConfigureAwait(false);
        var watch = list is { IsOk: true, Value: true } ? await api.IsAllowedAsync(new("watch", resource.Group, resource.Plural), cancellationToken).ConfigureAwait(false) : list;
        if (!watch.IsOk) return false;
        lock (_lock) _clusterWide[key] = watch.Value;
        return watch.Value;
    }

    private sealed record Open(WatchLoop Loop, Task Running, CancellationTokenSource Stop)
    {
        public async Task CloseAsync()
        {
            await Stop.CancelAsync().ConfigureAwait(false);
            await Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Stop.Dispose();
        }
    }
}
