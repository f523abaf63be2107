using System.Collections.Concurrent;

namespace Fleet.KubeSim.Hosting;

/// <summary>Many simulated Kubernetes clusters in one process, each an API server on its own loopback port.</summary>
public sealed class KubeSimHost : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, SimulatedCluster> _clusters = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;

    private KubeSimHost(TimeProvider time) => _time = time;

    /// <summary>The running clusters, in order of name.</summary>
    public IReadOnlyList<SimulatedCluster> Clusters => [.. _clusters.Values.OrderBy(c => c.Name, StringComparer.Ordinal)];

    /// <summary>One cluster by name.</summary>
    public SimulatedCluster this[string name] => _clusters.TryGetValue(name, out var cluster)
        ? cluster
        : throw new KeyNotFoundException($"There is no simulated cluster '{name}'. Running: {string.Join(", ", _clusters.Keys.Order(StringComparer.Ordinal))}.");

    /// <summary>Starts every cluster of the options and returns when all of them answer.</summary>
    public static async Task<KubeSimHost> StartAsync(KubeSimOptions options, CancellationToken cancellationToken = default)
    {
        var host = new KubeSimHost(options.TimeProvider);
        try
        {
            await Task.WhenAll(options.Clusters.Select(c => host.AddClusterAsync(c, cancellationToken)));
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one cluster with default options and returns it together with its host.</summary>
    public static Task<KubeSimHost> StartOneAsync(string name = "sim", TimeProvider? time = null, CancellationToken cancellationToken = default) =>
        StartAsync(
            new KubeSimOptions { Clusters = [new SimulatedClusterOptions { Name = name }], TimeProvider = time ?? TimeProvider.System },
            cancellationToken);

    /// <summary>Adds a cluster to the running process.</summary>
    public async Task<SimulatedCluster> AddClusterAsync(SimulatedClusterOptions options, CancellationToken cancellationToken = default)
    {
        var cluster = new SimulatedCluster(options, _time);
        if (!_clusters.TryAdd(options.Name, cluster))
        {
            await cluster.DisposeAsync();
            throw new ArgumentException($"A simulated cluster '{options.Name}' is running already; names are unique in one host.", nameof(options));
        }

        await cluster.StartAsync(cancellationToken);
        return cluster;
    }

    /// <summary>Ends a cluster and forgets everything in it.</summary>
    public async Task RemoveClusterAsync(string name)
    {
        if (_clusters.TryRemove(name, out var cluster))
        {
            await cluster.DisposeAsync();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // Together: each waits a moment for its open connections.
        await Task.WhenAll(_clusters.Keys.Select(RemoveClusterAsync));
    }
}
