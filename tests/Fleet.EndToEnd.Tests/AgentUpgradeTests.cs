using Fleet.Agent.Hosting;
using Fleet.KubeSim.Hosting;
using Fleet.V1;

namespace Fleet.EndToEnd.Tests;

/// <summary>An upgrade of an agent from the operator's call to the removed Deployment; the test plays the kubelet.</summary>
public sealed class AgentUpgradeTests
{
    [Fact]
    public async Task Upgrade_ThroughTheHub_NewAgentTakesOverWithoutAnIncidentAndTheOldOneGoes()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.StartClusterAsync("one");
        await using var kubelet = new Kubelet(fleet, await fleet.TokenAsync("one"), _ => true);
        await fleet.ConnectedAsync("one");
        var upgrade = await fleet.Api.Api.UpgradeAgentsAsync(new() { Image = "fleet-agent:2", Version = "2", All = true, ConnectWithin = "1m" }, fleet.Api.Call(default));
        await fleet.EventuallyAsync("the upgrade", async () => await StateAsync(fleet, upgrade.Id) is { EndedTime: not null } u && u.Clusters[0].State == AgentUpgradeState.Done ? null : (await StateAsync(fleet, upgrade.Id)).ToString());
        await fleet.EventuallyAsync("one Deployment", () => Task.FromResult(kubelet.Names is ["fleet-agent-b"] ? null : string.Join(",", kubelet.Names)));
        var cluster = (await fleet.Api.Api.GetAsync(new() { Kind = "Cluster", Name = "one" }, fleet.Api.Call(default))).Cluster;
        Assert.Equal("2", cluster.Status.AgentVersion);
        // It is one identity that went on, and no clone of it.
        Assert.Empty((await fleet.Api.Api.ListAsync(new() { Kind = "Incident" }, fleet.Api.Call(default))).Items);
    }

    [Fact]
    public async Task Upgrade_ImageThatDoesNotStart_OldAgentGoesOnAndTheUpgradeIsPaused()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.StartClusterAsync("one");
        await using var kubelet = new Kubelet(fleet, await fleet.TokenAsync("one"), version => version != "2");
        await fleet.ConnectedAsync("one");
        var upgrade = await fleet.Api.Api.UpgradeAgentsAsync(new() { Image = "fleet-agent:2", Version = "2", Clusters = { "one" }, ConnectWithin = "4s" }, fleet.Api.Call(default));
        await fleet.EventuallyAsync("the failure", async () => (await StateAsync(fleet, upgrade.Id)).Clusters[0] is { State: AgentUpgradeState.Failed } c && c.Message.Contains("was not confirmed", StringComparison.Ordinal) ? null : (await StateAsync(fleet, upgrade.Id)).ToString());
        await fleet.EventuallyAsync("one Deployment", () => Task.FromResult(kubelet.Names is ["fleet-agent"] ? null : string.Join(",", kubelet.Names)));
        await fleet.ConnectedAsync("one");
    }

    private static async Task<AgentUpgrade> StateAsync(TestFleet fleet, string id) =>
        (await fleet.Api.Api.ListAgentUpgradesAsync(new() { Id = id }, fleet.Api.Call(default))).Upgrades.Single();

    /// <summary>Runs an agent in this process for each of its Deployments.</summary>
    private sealed class Kubelet : IAsyncDisposable
    {
        private readonly string _kubeconfig = Path.GetTempFileName();
        private readonly Dictionary<string, AgentHost> _running = [];
        private readonly CancellationTokenSource _stop = new();
        private readonly SimulatedCluster _cluster;
        private readonly Task _loop;

        public Kubelet(TestFleet fleet, string token, Func<string, bool> starts)
        {
            _cluster = fleet.Clusters.Clusters.Single(c => c.Name == "one");
            File.WriteAllText(_kubeconfig, _cluster.Kubeconfig);
            _cluster.Store.Apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: fleet-system}\n");
            _cluster.Store.Apply("""
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: fleet-agent, namespace: fleet-system}
                spec:
                  selector: {matchLabels: {app.kubernetes.io/name: fleet-agent}}
                  template:
                    metadata: {labels: {app.kubernetes.io/name: fleet-agent}}
                    spec: {containers: [{name: agent, image: "fleet-agent:1", args: [--deployment=fleet-agent]}]}
                """);
            _loop = Task.Run(() => LoopAsync(fleet, token, starts));
        }

        public IReadOnlyList<string> Names => [.. _cluster.Store.List("apps/v1", "Deployment", "fleet-system").Select(d => (string)d["metadata"]!["name"]!).Order(StringComparer.Ordinal)];

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var agent in _running.Values)
            {
                await agent.DisposeAsync();
            }

            _stop.Dispose();
            File.Delete(_kubeconfig);
        }

        private async Task LoopAsync(TestFleet fleet, string token, Func<string, bool> starts)
        {
            while (true)
            {
                await Task.Delay(50, _stop.Token);
                foreach (var gone in _running.Keys.Except(Names).ToList())
                {
                    _running.Remove(gone, out var agent);
                    await agent!.DisposeAsync();
                }

                foreach (var name in Names.Where(n => !_running.ContainsKey(n)))
                {
                    var container = _cluster.Store.Get("apps/v1", "Deployment", "fleet-system", name)?["spec"]!["template"]!["spec"]!["containers"]![0];
                    if (container is not null && ((string)container["image"]!).Split(':')[1] is var version && starts(version))
                    {
                        _running[name] = await AgentHost.StartAsync(new()
                        {
                            Kubeconfig = _kubeconfig,
                            Hub = fleet.Hubs[0].ApiAddress,
                            ClusterName = "one",
                            Token = token,
                            CaPin = fleet.Hubs[0].CaPin,
                            Version = version,
                            Deployment = ((string)container["args"]![0]!)["--deployment=".Length..],
                            UpgradeImages = ["fleet-agent:*"],
                        });
                    }
                }
            }
        }
    }
}
