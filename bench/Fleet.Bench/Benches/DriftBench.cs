using System.Text.Json.Nodes;
using Fleet.Bench.Rig;
using Fleet.Cli.Demo;
using Fleet.KubeSim.Hosting;

namespace Fleet.Bench.Benches;

/// <summary>A Deployment scaled by hand in one cluster, until the agent has seen it and until it is put right. Each object once: a second time would be a fight, which is corrected more slowly on purpose.</summary>
internal sealed class DriftBench : IBench
{
    private const int PerCluster = 24;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public string Name => "drift";

    public string Summary => "a change by hand in a cluster: seen, and put right";

    public async Task RunAsync(BenchRun run, CancellationToken cancellationToken)
    {
        var clusters = run.Quick ? 1 : 5;
        using var folder = new DemoFolder();
        await using var git = await GitServer.StartAsync(folder, cancellationToken);
        await using var hub = await HubProcess.StartAsync(folder, cancellationToken);
        await using var fleet = await SimulatedFleet.StartAsync(folder, hub.Operator, clusters, TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
        await fleet.ConnectedAsync(Limit, cancellationToken);
        BenchContent.Write(git.Repository, PerCluster, services: 5, configMaps: 5, secrets: 1, accounts: 1, "1.0.0");
        var commit = await git.Repository.PushAsync("first", cancellationToken);
        await hub.Operator.ApplyAsync(BenchContent.Resources(git.Repository.Url, "30s"), cancellationToken);
        await hub.Operator.ReadyAsync(BenchContent.Assignment, clusters, commit, Limit, cancellationToken);
        await using var watch = new ReadyWatch(hub.Operator, BenchContent.Assignment);
        await watch.OpenedAsync(cancellationToken);
        run.Progress($"{clusters} clusters are Ready");

        var (seen, healed, shown) = (new List<TimeSpan>(), new List<TimeSpan>(), new List<TimeSpan>());
        for (var index = 0; index < PerCluster; index++)
        {
            foreach (var cluster in fleet.Clusters)
            {
                var one = await TryAsync(cluster, BenchContent.DeploymentName(index), watch, cancellationToken);
                seen.Add(one.Seen);
                healed.Add(one.Healed);
                shown.Add(one.Shown);
            }

            if (index % 6 == 5)
            {
                run.Progress($"{seen.Count} tries");
            }
        }

        run.AddPercentiles("drift seen by the agent", seen, atMostSeconds: 1);
        run.AddPercentiles("drift put right", healed, atMostSeconds: 2);
        run.AddPercentiles("drift shown by the hub", shown);
        run.Note("Seen: the API server has answered the agent's dry-run apply, whose verdict it is. Put right: the object in the cluster is again as in Git. Shown: the hub's watch carries the drift of that object.");
        run.Note("The change is an update of spec.replicas by another field manager, made in the API server's store.");
    }

    private static async Task<(TimeSpan Seen, TimeSpan Healed, TimeSpan Shown)> TryAsync(SimulatedCluster cluster, string name, ReadyWatch watch, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        cluster.Requests.Clear();
        watch.Want(now => now.Spec.Cluster == cluster.Name && now.Status?.Drifts.Any(d => d.Name == name) == true);
        var start = TimeProvider.System.GetTimestamp();
        cluster.Store.Change("apps/v1", "Deployment", BenchContent.Namespace, name, d => d["spec"]!["replicas"] = 5, "kubectl-edit");
        try
        {
            var seen = SeenAsync();
            var healed = HealedAsync();
            await Task.WhenAll(seen, healed);
            await watch.CountAsync(1, Limit, cancellationToken);
            return (await seen, await healed, TimeProvider.System.GetElapsedTime(start, watch.Seen[cluster.Name]));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"the drift of {name} in {cluster.Name} was not put right within {Limit.TotalSeconds:0} s");
        }

        async Task<TimeSpan> SeenAsync()
        {
            await cluster.Requests.WaitForAsync(r => r is { DryRun: true, Status: > 0 } && r.Name == name, limit.Token);
            return TimeProvider.System.GetElapsedTime(start);
        }

        async Task<TimeSpan> HealedAsync()
        {
            await cluster.Store.WaitForAsync("apps/v1", "Deployment", BenchContent.Namespace, name, Replicas2, limit.Token);
            return TimeProvider.System.GetElapsedTime(start);
        }
    }

    private static bool Replicas2(JsonObject? deployment) => deployment?["spec"]?["replicas"]?.GetValue<int>() == 2;
}
