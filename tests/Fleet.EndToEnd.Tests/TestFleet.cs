using System.Collections.Concurrent;
using System.Net;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Hosting;
using Fleet.Agent.Kube;
using Fleet.Agent.Kube.Client;
using Fleet.Agent.Kube.Config;
using Fleet.Cli.Connection;
using Fleet.Hub.Hosting;
using Fleet.Hub.Sessions;
using Fleet.KubeSim.Git;
using Fleet.KubeSim.Hosting;
using Fleet.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.EndToEnd.Tests;

/// <summary>A hub (or several), simulated clusters with real agents, and a smart HTTP Git server, all in this process and on loopback.</summary>
internal sealed class TestFleet : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-e2e-").FullName;
    private readonly List<HubHost> _hubs = [];
    private readonly List<HubConnection> _connections = [];
    private readonly Dictionary<string, AgentHost> _agents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeApi> _kube = new(StringComparer.Ordinal);

    private TestFleet(KubeSimHost clusters, GitHttpServer git) => (Clusters, Git) = (clusters, git);

    public KubeSimHost Clusters { get; }

    public GitHttpServer Git { get; }

    public IReadOnlyList<HubHost> Hubs => _hubs;

    public HubConnection Api => _connections[0];

    public ConcurrentQueue<string> Log { get; } = [];

    public static async Task<TestFleet> StartAsync(string? postgres = null, int hubs = 1)
    {
        var folder = Directory.CreateTempSubdirectory("fleet-e2e-git-").FullName;
        var fleet = new TestFleet(await KubeSimHost.StartAsync(new KubeSimOptions()), await GitHttpServer.StartAsync(folder));
        fleet._gitFolder = folder;
        for (var i = 0; i < hubs; i++)
        {
            await fleet.AddHubAsync(postgres, i);
        }

        return fleet;
    }

    private string _gitFolder = "";

    public HubConnection ApiOf(int hub) => _connections[hub];

    /// <summary>A repository with a work tree to commit from.</summary>
    public TestGit Repository(string name) => TestGit.Create(_gitFolder, Git.Address, name, Path.Combine(_folder, "work", name));

    public IKubeApi Kube(string cluster) => _kube[cluster];

    /// <summary>Adds a simulated cluster with an agent, enrolled with a token of its own, and waits until it is connected.</summary>
    public async Task AddClusterAsync(string name, params (string Key, string Value)[] labels)
    {
        await StartClusterAsync(name);
        await StartAgentAsync(name, await TokenAsync(name, labels));
        await ConnectedAsync(name);
    }

    public async Task StartClusterAsync(string name)
    {
        var cluster = await Clusters.AddClusterAsync(new SimulatedClusterOptions { Name = name, ReadyDelay = TimeSpan.FromMilliseconds(50) });
        await UseClusterAsync(name, cluster.Kubeconfig);
    }

    /// <summary>A cluster that runs elsewhere.</summary>
    public async Task UseClusterAsync(string name, string kubeconfig)
    {
        var path = KubeconfigOf(name);
        await File.WriteAllTextAsync(path, kubeconfig);
        _kube[name] = new KubeApi(Kubeconfig.Load([path], "", TimeProvider.System), new KubeClientOptions { UserAgent = "test" }, TimeProvider.System);
    }

    public async Task<string> TokenAsync(string names, params (string Key, string Value)[] labels)
    {
        var spec = new EnrollmentTokenSpec { ClusterNames = names, Uses = 1, Ttl = "1h" };
        foreach (var (key, value) in labels)
        {
            spec.Labels[key] = value;
        }

        return (await Api.Api.CreateTokenAsync(new CreateTokenRequest { Spec = spec }, Api.Call(default))).Secret;
    }

    public async Task<AgentHost> StartAgentAsync(string name, string token, int hub = 0, string? pin = null, string? stateNamespace = null)
    {
        var options = new AgentOptions
        {
            Kubeconfig = KubeconfigOf(name),
            Hub = _hubs[hub].ApiAddress,
            ClusterName = name,
            Token = token,
            CaPin = pin ?? _hubs[hub].CaPin,
            Kube = new KubeClientOptions { CallTimeout = TimeSpan.FromSeconds(5) },
            StateNamespace = stateNamespace ?? "fleet-system",
        };
        return _agents[name] = await AgentHost.StartAsync(options, loggers: LoggerFactory.Create(b => b.AddProvider(new QueueLogs(Log, name))));
    }

    public async Task StopAgentAsync(string name)
    {
        _agents.Remove(name, out var agent);
        await agent!.DisposeAsync();
    }

    public async Task ApplyAsync(string yaml, int hub = 0) =>
        await ApiOf(hub).Api.ApplyAsync(new ApplyRequest { Files = { new SourceFile { Name = "test.yaml", Content = yaml } } }, ApiOf(hub).Call(default));

    public async Task<Assignment> AssignmentAsync(string name) =>
        (await Api.Api.GetAsync(new GetRequest { Kind = "Assignment", Name = name }, Api.Call(default))).Assignment;

    public async Task<GitSource> SourceAsync(string name) =>
        (await Api.Api.GetAsync(new GetRequest { Kind = "GitSource", Name = name }, Api.Call(default))).GitSource;

    public async Task<ClusterAssignment?> ReportAsync(string assignment, string cluster) =>
        (await Api.Api.ListAsync(new ListRequest { Kind = "ClusterAssignment", Assignment = assignment, Cluster = cluster }, Api.Call(default))).Items.FirstOrDefault()?.ClusterAssignment;

    public Task ConnectedAsync(string cluster) => EventuallyAsync($"{cluster} connected", async () =>
    {
        var found = (await Api.Api.ListAsync(new ListRequest { Kind = "Cluster" }, Api.Call(default))).Items.FirstOrDefault(c => c.Cluster.Metadata.Name == cluster)?.Cluster;
        return found?.Status?.State == "Connected" ? null : found?.Status?.State ?? "not enrolled; agent: " + _agents.GetValueOrDefault(cluster)?.Status;
    });

    public Task ReadyAsync(string assignment, string? commit = null) => EventuallyAsync($"{assignment} Ready", async () =>
    {
        var status = (await AssignmentAsync(assignment)).Status;
        var ready = status?.Conditions.FirstOrDefault(c => c.Type == "Ready");
        return ready?.Status == "True" && status!.Counts.Clusters > 0 && (commit is null || status.Revision == commit) ? null
            : $"{ready?.Reason}: {ready?.Message} at {status?.Revision}; {string.Join("; ", status?.NotReady.Select(n => $"{n.Cluster} {n.Phase} {n.Message}") ?? [])}";
    });

    /// <summary>The live object, or null.</summary>
    public async Task<KubeObject?> LiveAsync(string cluster, GroupVersionKind kind, string ns, string name)
    {
        var resource = await Kube(cluster).ResolveAsync(kind, default);
        if (!resource.IsOk)
        {
            return null;
        }

        var live = await Kube(cluster).GetAsync(resource.Value, ns, name, default);
        return live.IsOk ? live.Value : null;
    }

    /// <summary>Waits until the look answers null; what it answered last is in the failure.</summary>
    public async Task EventuallyAsync(string what, Func<Task<string?>> look)
    {
        var started = TimeProvider.System.GetTimestamp();
        string? seen;
        while ((seen = await look()) is not null)
        {
            if (TimeProvider.System.GetElapsedTime(started) > Limit)
            {
                Assert.Fail($"{what} did not come. Last seen: {seen}\n{string.Join('\n', Log.TakeLast(60))}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents.Values)
        {
            await agent.DisposeAsync();
        }

        foreach (var api in _kube.Values)
        {
            api.Dispose();
        }

        foreach (var connection in _connections)
        {
            connection.Dispose();
        }

        foreach (var hub in _hubs)
        {
            await hub.DisposeAsync();
        }

        await Clusters.DisposeAsync();
        await Git.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        Directory.Delete(_gitFolder, recursive: true);
    }

    private async Task AddHubAsync(string? postgres, int index)
    {
        var data = Path.Combine(_folder, $"hub-{index}");
        var options = new HubOptions
        {
            DataFolder = data,
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            AgentsListen = new IPEndPoint(IPAddress.Loopback, 0),
            Postgres = postgres,
            MasterKeyFile = postgres is null ? null : MasterKey(),
            NodeName = $"node-{index}",
            Console = false,
            Configure = services =>
            {
                services.AddSingleton(new SessionOptions { Heartbeat = TimeSpan.FromSeconds(1), SuspectAfter = TimeSpan.FromSeconds(3), OfflineAfter = TimeSpan.FromSeconds(6), ReportInterval = TimeSpan.FromMilliseconds(100) });
                services.AddSingleton<ILoggerProvider>(new QueueLogs(Log, $"hub-{index}"));
            },
        };
        var hub = await HubHost.StartAsync(options);
        _hubs.Add(hub);
        _key ??= hub.AdminKey;
        _connections.Add(HubConnection.Open(new HubSettings(hub.ApiAddress, hub.CaPem, _key, TimeSpan.FromSeconds(30))));
    }

    private string? _key;

    private string MasterKey()
    {
        var path = Path.Combine(_folder, "master.key");
        if (!File.Exists(path))
        {
            File.WriteAllText(path, Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return path;
    }

    private string KubeconfigOf(string cluster) => Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "kube")).FullName, cluster);
}

/// <summary>Log lines into a queue, for a failing test's message.</summary>
internal sealed class QueueLogs(ConcurrentQueue<string> lines, string who) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new QueueLogger(lines, who);

    public void Dispose()
    {
    }

    private sealed class QueueLogger(ConcurrentQueue<string> lines, string who) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                lines.Enqueue($"[{who}] {logLevel} {formatter(state, exception)} {exception?.Message}");
                while (lines.Count > 2000 && lines.TryDequeue(out _))
                {
                }
            }
        }
    }
}
