using System.Globalization;
using Fleet.Bench.Rig;
using Fleet.Cli;
using Fleet.Cli.Demo;
using Fleet.Hub.Hosting;
using Fleet.Hub.Storage;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Requests;
using Fleet.Testing.Time;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Bench.Benches;

/// <summary>What an agent asks of its API server in two hours in which nothing changes. Hub, agent and simulated cluster share one fake clock; the connections between them are real.</summary>
internal sealed class IdleBench : IBench
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    public string Name => "idle";

    public string Summary => "calls of an agent in two hours of a fake clock in which nothing changes";

    public async Task RunAsync(BenchRun run, CancellationToken cancellationToken)
    {
        using var folder = new DemoFolder();
        var clock = new ManualTime(TimeProvider.System.GetUtcNow()) { FiresOnPool = true };
        await using var git = await GitServer.StartAsync(folder, cancellationToken);
        var any = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0);
        await using var hub = await HubHost.StartAsync(new HubOptions { DataFolder = folder.Sub("hub"), Listen = any, AgentsListen = any, Console = false }, clock, cancellationToken);
        using var owner = new HubOperator(hub.ApiAddress, hub.CaPem, hub.AdminKey ?? throw new FailureException("the hub made no admin key", ExitCodes.Failed));
        await using var fleet = await SimulatedFleet.StartAsync(folder, owner, 1, TimeSpan.FromMilliseconds(200), clock, cancellationToken);
        var cluster = fleet.Clusters[0];
        var database = hub.Services.GetRequiredService<FleetDatabase>();

        BenchContent.WriteTwenty(git.Repository, "1.0.0");
        var commit = await git.Repository.PushAsync("first", cancellationToken);
        await PacedAsync(clock, fleet.ConnectedAsync(Limit, cancellationToken), cancellationToken);
        await PacedAsync(clock, owner.ApplyAsync(BenchContent.Resources(git.Repository.Url, "30s"), cancellationToken), cancellationToken);
        await PacedAsync(clock, owner.ReadyAsync(BenchContent.Assignment, 1, commit, Limit, cancellationToken), cancellationToken);

        // Reports, the last inventory and the watches that the rollout opened come to rest before counting begins.
        await AdvanceAsync(clock, cluster, git, database, TimeSpan.FromMinutes(3), cancellationToken);
        run.Progress("20 objects are Ready; the clock now goes two hours");
        cluster.Requests.Clear();
        var (from, ended) = (clock.Elapsed, SessionsEnded(fleet));
        await AdvanceAsync(clock, cluster, git, database, run.Quick ? TimeSpan.FromMinutes(20) : TimeSpan.FromHours(2), cancellationToken);
        Count(run, cluster, clock.Elapsed - from);
        run.Add("sessions that ended meanwhile", SessionsEnded(fleet) - ended, "sessions");
        foreach (var reason in Sessions(fleet))
        {
            run.Note($"Sessions that ended since the start: {reason}");
        }

        run.Note("Full check every hour with up to 20 % jitter, heartbeats and polls at their defaults; the clock goes in steps of 1 s and waits after each until no request is under way. Every request to the simulated API server counts, those for the agent's own state included.");
    }

    private static void Count(BenchRun run, SimulatedCluster cluster, TimeSpan took)
    {
        var requests = cluster.Requests.Snapshot();
        var writes = requests.Where(r => r.IsWrite).ToArray();
        run.Add($"writes in {took.TotalMinutes:0} minutes", writes.Length, "calls", 0);
        foreach (var group in writes.GroupBy(r => $"{Kind(r)} {r.Name}").OrderByDescending(g => g.Count()))
        {
            run.Add($"  {group.Key}", group.Count(), "calls");
        }

        run.Add("other calls", requests.Count - writes.Length, "calls");
        foreach (var group in requests.Where(r => !r.IsWrite).GroupBy(Kind).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal))
        {
            run.Add($"  {group.Key}", group.Count(), "calls");
        }

        var errors = requests.Count(r => r.Status >= 400);
        if (errors > 0)
        {
            run.Note($"{errors} of them were answered with an error: {string.Join(", ", requests.Where(r => r.Status >= 400).GroupBy(r => $"{r.Verb} {r.Resource} {r.Status}").Select(g => $"{g.Key} × {g.Count()}"))}");
        }
    }

    private static double SessionsEnded(SimulatedFleet fleet) => Sessions(fleet).Sum(l => double.Parse(l.Split(' ')[^1], CultureInfo.InvariantCulture));

    private static IEnumerable<string> Sessions(SimulatedFleet fleet) =>
        fleet.Agents[0].Metrics().Split('\n').Where(l => l.StartsWith("fleet_agent_sessions_total", StringComparison.Ordinal));

    private static string Kind(LoggedRequest request) =>
        $"{request.Verb}{(request.DryRun ? " (dry run)" : "")} {(request.Resource.Length > 0 ? request.Resource : request.Path)}{(request.Subresource.Length > 0 ? "/" + request.Subresource : "")}";

    /// <summary>Lets the clock go about five times as fast as the real one while something is set up.</summary>
    private static async Task PacedAsync(ManualTime clock, Task work, CancellationToken cancellationToken)
    {
        while (!work.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(50));
            await Task.WhenAny(work, Task.Delay(10, cancellationToken));
        }

        await work;
    }

    private static async Task AdvanceAsync(ManualTime clock, SimulatedCluster cluster, GitServer git, FleetDatabase database, TimeSpan by, CancellationToken cancellationToken)
    {
        for (var end = clock.Elapsed + by; clock.Elapsed < end;)
        {
            clock.Advance(Step);
            await SettleAsync(cluster, git, cancellationToken);

            // The hub writes on a thread of its own, and waits for the disk there: an empty write comes after all that are queued.
            await database.WriteAsync(static (_, _) => Task.CompletedTask, cancellationToken);
        }
    }

    /// <summary>Returns when, three looks in a row, nothing is under way: no work on the thread pool (all three parties live on it), no request.</summary>
    private static async Task SettleAsync(SimulatedCluster cluster, GitServer git, CancellationToken cancellationToken)
    {
        var (calls, fetches, done) = (0L, 0, 0L);
        for (var quiet = 0; quiet < 3;)
        {
            await Task.Delay(3, cancellationToken);
            var now = (cluster.Requests.Count, git.Requests);
            var completed = ThreadPool.CompletedWorkItemCount;
            // This loop's own wake-up, and a timer of the web servers now and then, are work too.
            var still = now == (calls, fetches) && completed - done <= 3 && ThreadPool.PendingWorkItemCount == 0;
            quiet = still ? quiet + 1 : 0;
            (calls, fetches, done) = (now.Count, now.Requests, completed);
        }
    }
}
