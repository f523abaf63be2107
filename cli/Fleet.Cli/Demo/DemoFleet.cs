using System.Diagnostics;
using Fleet.Agent.Kube;
using Fleet.Agent.Kube.Client;
using Fleet.Agent.Kube.Config;
using Fleet.Cli.Connection;
using Fleet.KubeSim.Git;
using Fleet.KubeSim.Hosting;

namespace Fleet.Cli.Demo;

/// <summary>A whole small fleet on loopback: Git server, hub and agent processes, simulated clusters. Disposing it leaves nothing running and nothing on disk.</summary>
internal sealed class DemoFleet : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly DemoFolder folder = new();
    private readonly Dictionary<string, ChildProcess> agents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeApi> kube = new(StringComparer.Ordinal);
    private GitHttpServer? git;
    private KubeSimHost? simulated;
    private ChildProcess? hubProcess;
    private HubConnection? connection;

    public string Root => folder.Root;

    public string ConfigPath => Path.Combine(folder.Root, "fleetctl.json");

    public string HubAddress { get; private set; } = "";

    public IReadOnlyCollection<string> Clusters => agents.Keys;

    public HubConnection Hub => connection ?? throw new InvalidOperationException("the hub was not started");

    public string KubeconfigOf(string cluster) => Path.Combine(folder.Sub("kubeconfigs"), cluster);

    public async Task<GitRepository> AddRepositoryAsync(string name, CancellationToken cancellationToken)
    {
        git ??= await GitHttpServer.StartAsync(folder.Sub("git"), cancellationToken: cancellationToken);
        return await GitRepository.CreateAsync(folder.Sub("git"), git.Address, name, Path.Combine(folder.Sub("work"), name), cancellationToken);
    }

    public async Task StartHubAsync(CancellationToken cancellationToken)
    {
        var data = folder.Sub("hub");
        hubProcess = ChildProcess.Start("hub", "fleet-hub", folder.Logs,
            ["--data", data, "--listen", "127.0.0.1:0", "--agents-listen", "127.0.0.1:0", "--heartbeat", "1s", "--suspect-after", "3s", "--offline-after", "6s"]);
        var ready = await hubProcess.LineAsync("fleet-hub ready", StartLimit, cancellationToken);
        HubAddress = ready.Split(' ').First(p => p.StartsWith("api=", StringComparison.Ordinal))["api=".Length..];
        var key = (await File.ReadAllTextAsync(Path.Combine(data, "admin.key"), cancellationToken)).Trim();
        await CtlAsync(cancellationToken, new Dictionary<string, string> { ["FLEET_API_KEY"] = key }, "login", HubAddress, "--ca-file", Path.Combine(data, "ca.pem"), "--name", "demo");
        connection = HubConnection.Open(HubSettings.Resolve(ContextFile.Load(ConfigPath), "demo", null, null, null, TimeSpan.FromSeconds(30)));
    }

    public async Task StartClustersAsync(IReadOnlyList<string> names, TimeSpan readyDelay, CancellationToken cancellationToken)
    {
        simulated = await KubeSimHost.StartAsync(
            new KubeSimOptions { Clusters = [.. names.Select(n => new SimulatedClusterOptions { Name = n, ReadyDelay = readyDelay })] }, cancellationToken);
        foreach (var name in names)
        {
            var path = KubeconfigOf(name);
            await File.WriteAllTextAsync(path, simulated[name].Kubeconfig, cancellationToken);
            kube[name] = new KubeApi(Kubeconfig.Load([path], "", TimeProvider.System), new KubeClientOptions { UserAgent = "fleetctl-demo" }, TimeProvider.System);
        }
    }

    public void StartAgent(string cluster, string token, string pin)
    {
        agents[cluster] = ChildProcess.Start("agent-" + cluster, Path.Combine("agent", "fleet-agent"), folder.Logs,
            ["--kubeconfig", KubeconfigOf(cluster), "--hub", HubAddress, "--ca-pin", pin, "--name", cluster, "--cache", folder.Sub("cache-" + cluster), "--listen", "127.0.0.1:0"],
            new Dictionary<string, string> { ["FLEET_TOKEN"] = token });
    }

    public Task KillAgentAsync(string cluster) => agents[cluster].KillAsync();

    public SimulatedCluster Simulated(string cluster) => simulated![cluster];

    /// <summary>The cluster's API, as its owner would use it with kubectl.</summary>
    public IKubeApi Kube(string cluster) => kube[cluster];

    /// <summary>Runs fleetctl as a user would, with the demo's context, and returns what it printed.</summary>
    public Task<string> CtlAsync(CancellationToken cancellationToken, params string[] arguments) =>
        CtlAsync(cancellationToken, new Dictionary<string, string>(), arguments);

    public string WriteFile(string name, string text)
    {
        var path = Path.Combine(folder.Root, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>The last lines of a process's log, for a failure's report.</summary>
    public string LogTail(string name, int lines)
    {
        var path = Path.Combine(folder.Logs, name + ".log");
        return File.Exists(path) ? string.Join('\n', File.ReadLines(path).TakeLast(lines)) : "";
    }

    public IEnumerable<string> LogNames => Directory.EnumerateFiles(folder.Logs, "*.log").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal);

    public async ValueTask DisposeAsync()
    {
        connection?.Dispose();
        await Task.WhenAll(agents.Values.Select(a => a.DisposeAsync().AsTask()));
        if (hubProcess is not null)
        {
            await hubProcess.DisposeAsync();
        }

        foreach (var api in kube.Values)
        {
            api.Dispose();
        }

        if (simulated is not null)
        {
            await simulated.DisposeAsync();
        }

        if (git is not null)
        {
            await git.DisposeAsync();
        }

        folder.Dispose();
    }

    private async Task<string> CtlAsync(CancellationToken cancellationToken, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "fleetctl"), [.. arguments, "--no-interactive"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var name in new[] { "FLEET_HUB", "FLEET_API_KEY", "FLEET_CA_FILE", "FLEET_CONTEXT" })
        {
            start.Environment.Remove(name);
        }

        start.Environment["FLEET_CONFIG"] = ConfigPath;
        foreach (var (key, value) in environment)
        {
            start.Environment[key] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? output
            : throw new FailureException($"fleetctl {string.Join(' ', arguments.Take(3))} exited {process.ExitCode}:\n{(await error).Trim()}", ExitCodes.Failed);
    }
}
