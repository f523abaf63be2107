using Fleet.Bench.Figures;
using Fleet.Bench.Rig;
using Fleet.Cli.Demo;
using Fleet.KubeSim.Requests;

namespace Fleet.Bench.Benches;

/// <summary>A push to Git until the hub shows every cluster Ready at that commit: 100 simulated clusters, one Assignment of 20 objects.</summary>
internal sealed class CommitBench : IBench
{
    private const int Objects = 20;
    private static readonly TimeSpan ReadyDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public string Name => "commit";

    public string Summary => "commit to Ready in all of 100 simulated clusters, one Assignment of 20 objects";

    public async Task RunAsync(BenchRun run, CancellationToken cancellationToken)
    {
        var (clusters, rounds) = run.Quick ? (10, 2) : (100, 5);
        using var folder = new DemoFolder();
        await using var git = await GitServer.StartAsync(folder, cancellationToken);
        await using var hub = await HubProcess.StartAsync(folder, cancellationToken);
        var started = TimeProvider.System.GetTimestamp();
        await using var fleet = await SimulatedFleet.StartAsync(folder, hub.Operator, clusters, ReadyDelay, TimeProvider.System, cancellationToken);
        await fleet.ConnectedAsync(Limit, cancellationToken);
        run.Progress($"{clusters} agents enrolled and connected");
        run.Add($"{clusters} clusters and agents started, enrolled and connected", TimeProvider.System.GetElapsedTime(started).TotalSeconds, "s");

        var processor = ProcessorUse.Of(hub.Id);
        BenchContent.WriteTwenty(git.Repository, "1.0.0");
        var first = await git.Repository.PushAsync("first", cancellationToken);
        started = TimeProvider.System.GetTimestamp();
        await hub.Operator.ApplyAsync(BenchContent.Resources(git.Repository.Url, "1s"), cancellationToken);
        await hub.Operator.ReadyAsync(BenchContent.Assignment, clusters, first, Limit, cancellationToken);
        run.Progress("first rollout is Ready everywhere");
        run.Add($"first rollout: {Objects} new objects, whole fleet", TimeProvider.System.GetElapsedTime(started).TotalSeconds, "s");
        processor.AddTo(run, clusters);

        await using var watch = new ReadyWatch(hub.Operator, BenchContent.Assignment);
        await watch.OpenedAsync(cancellationToken);
        var one = new CommitRounds($"1 of {Objects} objects changed");
        var all = new CommitRounds($"all {Objects} objects changed");
        for (var round = 1; round <= rounds; round++)
        {
            BenchContent.WriteDeployment(git.Repository, 0, $"1.{round}.1");
            await RoundAsync(one, git.Repository, fleet, hub.Id, watch, cancellationToken);
            BenchContent.WriteTwenty(git.Repository, $"1.{round}.2");
            await RoundAsync(all, git.Repository, fleet, hub.Id, watch, cancellationToken);
            run.Progress($"round {round}: {one.Whole[^1].TotalSeconds:0.00} s, {all.Whole[^1].TotalSeconds:0.00} s");
        }

        one.AddTo(run);
        all.AddTo(run);
        var memory = ProcessMemory.Of(hub.Id);
        run.Add($"hub resident after it, {clusters} sessions", memory.Resident, "MiB");
        run.Note($"Counted from before `git push` to the event of the hub's own watch that says Ready at the commit; the hub polls every second, a workload needs {ReadyDelay.TotalMilliseconds:0} ms to become ready, agents gather reports as long as the hub asks them to.");
        run.Note("The objects: a Namespace, 3 Deployments of 2 replicas, 3 Services, 3 ServiceAccounts, 3 Secrets, 7 ConfigMaps.");
        run.Note("Hub in its own process; all simulated API servers, all agents and the Git server share the bench's process and this machine's processors.");
    }

    private static async Task RoundAsync(CommitRounds rounds, GitRepository repository, SimulatedFleet fleet, int hub, ReadyWatch watch, CancellationToken cancellationToken)
    {
        foreach (var cluster in fleet.Clusters)
        {
            cluster.Requests.Clear();
        }

        await repository.GitAsync(cancellationToken, "add", "-A");
        await repository.GitAsync(cancellationToken, "commit", "-q", "-m", "change");
        var commit = (await repository.GitAsync(cancellationToken, "rev-parse", "HEAD")).Trim();
        watch.Want(now => now.Spec.Revision == commit && now.Status?.AppliedRevision == commit && now.Status.Phase == "Ready");
        var processor = ProcessorUse.Of(hub);
        var (start, startTime) = (TimeProvider.System.GetTimestamp(), TimeProvider.System.GetUtcNow());
        await repository.PushAsync(cancellationToken);
        var pushed = TimeProvider.System.GetElapsedTime(start);
        await watch.CountAsync(fleet.Clusters.Count, Limit, cancellationToken);
        rounds.Whole.Add(TimeProvider.System.GetElapsedTime(start, watch.Seen.Values.Max()));
        rounds.Pushes.Add(pushed);
        rounds.Processor.Add(processor);
        processor.Stop();
        foreach (var cluster in fleet.Clusters)
        {
            rounds.Ready.Add(TimeProvider.System.GetElapsedTime(start, watch.Seen[cluster.Name]));
            var writes = cluster.Requests.Where(IsApply);
            if (writes.Count > 0)
            {
                rounds.FirstWrite.Add(writes[0].Time - startTime);
                rounds.LastWrite.Add(writes[^1].Time - startTime);
            }

            rounds.Writes.Add(writes.Count);
            rounds.Calls.Add(cluster.Requests.Where(r => r.Verb != "watch").Count);
        }
    }

    private static bool IsApply(LoggedRequest request) => request is { IsWrite: true, Verb: "patch" } && request.Namespace != "fleet-system" && request.Subresource.Length == 0;

    private sealed class CommitRounds(string name)
    {
        public List<TimeSpan> Ready { get; } = [];

        public List<TimeSpan> Whole { get; } = [];

        public List<TimeSpan> Pushes { get; } = [];

        public List<TimeSpan> FirstWrite { get; } = [];

        public List<TimeSpan> LastWrite { get; } = [];

        public List<ProcessorUse> Processor { get; } = [];

        public List<int> Writes { get; } = [];

        public List<int> Calls { get; } = [];

        public void AddTo(BenchRun run)
        {
            run.AddPercentiles($"{name}: one cluster Ready", Ready);
            run.Add($"{name}: whole fleet Ready, median of {Whole.Count} commits", Percentiles.Median(Whole).TotalSeconds, "s");
            run.Add($"{name}: whole fleet Ready, slowest commit", Whole.Max().TotalSeconds, "s");
            run.Add("  of it: push done, median", Percentiles.Median(Pushes).TotalSeconds, "s");
            if (FirstWrite.Count > 0)
            {
                run.Add("  of it: first apply in a cluster, p50", Percentiles.Median(FirstWrite).TotalSeconds, "s");
                run.Add("  of it: last apply in a cluster, p50", Percentiles.Median(LastWrite).TotalSeconds, "s");
                run.Add("  of it: last apply in a cluster, p99", Percentiles.Of(LastWrite, 0.99).TotalSeconds, "s");
            }

            ProcessorUse.Median(Processor).AddTo(run, Writes.Count / Whole.Count);
            run.Add("  applies per cluster, median", Percentiles.Median(Writes), "calls");
            run.Add("  calls to the API server per cluster (without watches), median", Percentiles.Median(Calls), "calls");
        }
    }
}
