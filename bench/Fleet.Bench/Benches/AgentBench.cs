using System.Diagnostics;
using System.Runtime.InteropServices;
using Fleet.Bench.Figures;
using Fleet.Bench.Rig;
using Fleet.Cli;
using Fleet.Cli.Demo;

namespace Fleet.Bench.Benches;

/// <summary>The agent as it is shipped, in a process of its own: size, start, and memory with 500 objects in a simulated cluster over TLS.</summary>
internal sealed class AgentBench : IBench
{
    private const int Deployments = 100;
    private const int Services = 100;
    private const int ConfigMaps = 249;
    private const int Secrets = 40;
    private const int Accounts = 10;
    private const int Objects = Deployments + Services + ConfigMaps + Secrets + Accounts + 1;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public string Name => "agent";

    public string Summary => "the published agent: size, start time, memory idle with 500 objects over TLS";

    public async Task RunAsync(BenchRun run, CancellationToken cancellationToken)
    {
        using var folder = new DemoFolder();
        var program = run.Agent.Length > 0 ? run.Agent : await PublishAsync(folder.Sub("published"), run, cancellationToken);
        run.Add("published size (one file, runtime included)", new FileInfo(program).Length / 1048576.0, "MiB");

        await using var git = await GitServer.StartAsync(folder, cancellationToken);
        await using var hub = await HubProcess.StartAsync(folder, cancellationToken);
        var kubeconfigs = folder.Sub("kubeconfigs");
        await using var cluster = ChildProcess.Start("kubesim", "fleet-kubesim", folder.Logs, ["--directory", kubeconfigs, "--name", "cluster-1", "--ready-delay", "200ms"]);
        await cluster.LineAsync("ready:", Limit, cancellationToken);
        var (token, pin) = await hub.Operator.TokenAsync("agent", 1, cancellationToken);
        string[] arguments = ["--kubeconfig", Path.Combine(kubeconfigs, "cluster-1.kubeconfig"), "--hub", hub.Operator.Address.ToString().TrimEnd('/'), "--ca-pin", pin, "--name", "cluster-1"];

        var (first, enrolled) = await StartAsync(program, folder, arguments, token, cancellationToken);
        await using (first)
        {
            run.Add("first start until connected, enrollment included", enrolled.TotalSeconds, "s");
            BenchContent.Write(git.Repository, Deployments, Services, ConfigMaps, Secrets, Accounts, "1.0.0");
            var commit = await git.Repository.PushAsync("first", cancellationToken);
            await hub.Operator.ApplyAsync(BenchContent.Resources(git.Repository.Url, "30s"), cancellationToken);
            var started = TimeProvider.System.GetTimestamp();
            await hub.Operator.ReadyAsync(BenchContent.Assignment, 1, commit, Limit, cancellationToken);
            run.Add($"first rollout of {Objects} objects until Ready", TimeProvider.System.GetElapsedTime(started).TotalSeconds, "s");
            await IdleAsync(run, first, "after the rollout", cancellationToken);
        }

        await RestartAsync(run, program, folder, arguments, cancellationToken);
        run.Note($"{Deployments} Deployments, {Services} Services, {ConfigMaps} ConfigMaps of 1 KiB, {Secrets} Secrets, {Accounts} ServiceAccounts, a Namespace; Git objects are kept in memory (no --cache).");
        run.Note("Trimmed, self-contained, no ReadyToRun; simulated API server and hub in processes of their own.");
    }

    private static async Task RestartAsync(BenchRun run, string program, DemoFolder folder, string[] arguments, CancellationToken cancellationToken)
    {
        var starts = new List<TimeSpan>();
        for (var round = 1; round <= (run.Quick ? 1 : 7); round++)
        {
            var (agent, took) = await StartAsync(program, folder, arguments, "", cancellationToken);
            await agent.DisposeAsync();
            starts.Add(took);
        }

        run.Add($"start until connected, identity known, median of {starts.Count}", Percentiles.Median(starts).TotalSeconds, "s");
        var (last, _) = await StartAsync(program, folder, arguments, "", cancellationToken);
        await using (last)
        {
            await IdleAsync(run, last, "after a restart", cancellationToken);
        }
    }

    private static async Task<(ChildProcess Agent, TimeSpan Took)> StartAsync(string program, DemoFolder folder, string[] arguments, string token, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        var agent = ChildProcess.Start("agent", program, folder.Logs, arguments, token.Length > 0 ? new Dictionary<string, string> { ["FLEET_TOKEN"] = token } : null);
        try
        {
            await agent.LineAsync(line => line.Contains(" SessionConnected ", StringComparison.Ordinal), TimeSpan.FromSeconds(120), cancellationToken);
            return (agent, TimeProvider.System.GetElapsedTime(started));
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }
    }

    /// <summary>Memory is the median of five looks, two seconds apart, after a minute in which nothing was asked of the agent.</summary>
    private static async Task IdleAsync(BenchRun run, ChildProcess agent, string when, CancellationToken cancellationToken)
    {
        var idle = TimeSpan.FromSeconds(run.Quick ? 5 : 60);
        run.Progress($"idle for {idle.TotalSeconds:0} s {when}");
        await Task.Delay(TimeSpan.FromSeconds(5), cancellationToken);
        var before = ProcessMemory.Processor(agent.Id);
        await Task.Delay(idle, cancellationToken);
        var used = ProcessMemory.Processor(agent.Id) - before;
        var looks = new List<ProcessMemory>();
        for (var i = 0; i < 5; i++)
        {
            looks.Add(ProcessMemory.Of(agent.Id));
            await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
        }

        run.Add($"resident idle with {Objects} objects, {when}", Percentiles.Median([.. looks.Select(l => l.Resident)]), "MiB", 64);
        run.Add("  of it: anonymous", Percentiles.Median([.. looks.Select(l => l.Anonymous)]), "MiB");
        run.Add("  of it: private (smaps_rollup)", Percentiles.Median([.. looks.Select(l => l.Private)]), "MiB");
        run.Add("  most ever resident", looks.Max(l => l.Peak), "MiB");
        run.Add("  processor time used while idle", used.TotalMilliseconds / idle.TotalMinutes, "ms/min");
    }

    private static async Task<string> PublishAsync(string output, BenchRun run, CancellationToken cancellationToken)
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Fleet.sln")))
        {
            root = Path.GetDirectoryName(root) ?? throw new FailureException("the project's folder was not found above fleet-bench", ExitCodes.Failed, "Run it from a checkout, or give a published agent with --agent FILE.");
        }

        run.Progress("publishing the agent");
        var rid = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";
        var start = new ProcessStartInfo(
            "dotnet", ["publish", "agent/Fleet.Agent", "-c", "Release", "-r", rid, "--self-contained", "-p:PublishTrimmed=true", "-p:PublishSingleFile=true", "-p:NuGetLockFilePath=obj/publish.lock.json", "-p:RestoreLockedMode=false", "-o", output, "--nologo", "-v", "q"])
        {
            WorkingDirectory = root,
            RedirectStandardOutput = true,
        };
        using var publish = Process.Start(start)!;
        var text = await publish.StandardOutput.ReadToEndAsync(cancellationToken);
        await publish.WaitForExitAsync(cancellationToken);
        return publish.ExitCode == 0 ? Path.Combine(output, "fleet-agent") : throw new FailureException($"dotnet publish failed: {text}", ExitCodes.Failed);
    }
}
