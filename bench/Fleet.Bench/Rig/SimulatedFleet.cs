using Fleet.Agent.Hosting;
using Fleet.Cli.Demo;
using Fleet.KubeSim.Hosting;

namespace Fleet.Bench.Rig;

/// <summary>Simulated clusters in this process, each with the agent's real code: its own connection to its API server and its own session.</summary>
internal sealed class SimulatedFleet : IAsyncDisposable
{
    // Tries with one token are limited to 30 at once and 2 a second: so an installer of many clusters makes several.
    private const int ClustersPerToken = 25;
    private readonly KubeSimHost _simulated;
    private readonly List<AgentHost> _agents = [];

    private SimulatedFleet(KubeSimHost simulated) => _simulated = simulated;

    public IReadOnlyList<SimulatedCluster> Clusters => _simulated.Clusters;

    public IReadOnlyList<AgentHost> Agents => _agents;

    public SimulatedCluster this[string name] => _simulated[name];

    /// <summary>Starts clusters and agents. The agents are on their way when it returns; see <see cref="ConnectedAsync"/>.</summary>
    public static async Task<SimulatedFleet> StartAsync(
        DemoFolder folder, HubOperator hub, int clusters, TimeSpan readyDelay, TimeProvider time, CancellationToken cancellationToken)
    {
        var options = new KubeSimOptions
        {
            Clusters = [.. Enumerable.Range(1, clusters).Select(n => new SimulatedClusterOptions { Name = $"cluster-{n:000}", ReadyDelay = readyDelay, RequestLogCapacity = 50_000 })],
            TimeProvider = time,
        };
        var fleet = new SimulatedFleet(await KubeSimHost.StartAsync(options, cancellationToken));
        try
        {
            await fleet.StartAgentsAsync(folder.Sub("kubeconfigs"), hub, time, cancellationToken);
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until every agent has its session.</summary>
    public async Task ConnectedAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        both.CancelAfter(limit);
        try
        {
            await Task.WhenAll(_agents.Select(a => a.Status.WaitAsync("session", c => c.Ok, both.Token)));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var late = _agents.Where(a => a.Status.Find("session")?.Ok != true).ToArray();
            throw new TimeoutException($"{late.Length} of {_agents.Count} agents had no session after {limit.TotalSeconds:0} s. One says:\n{late.FirstOrDefault()?.Status}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_agents.Select(a => a.DisposeAsync().AsTask()));
        await _simulated.DisposeAsync();
    }

    private async Task StartAgentsAsync(string kubeconfigs, HubOperator hub, TimeProvider time, CancellationToken cancellationToken)
    {
        var (secret, pin) = ("", "");
        foreach (var (index, cluster) in Clusters.Index())
        {
            if (index % ClustersPerToken == 0)
            {
                (secret, pin) = await hub.TokenAsync($"bench-{index / ClustersPerToken}", ClustersPerToken, cancellationToken);
            }

            var kubeconfig = Path.Combine(kubeconfigs, cluster.Name);
            cluster.WriteKubeconfig(kubeconfig);
            _agents.Add(await AgentHost.StartAsync(new AgentOptions { Kubeconfig = kubeconfig, Hub = hub.Address, ClusterName = cluster.Name, Token = secret, CaPin = pin }, time));
        }
    }
}
