using System.Collections.Concurrent;
using Fleet.KubeSim.Git;
using Fleet.KubeSim.Hosting;
using Fleet.Testing.Postgres;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.EndToEnd.Tests.Chaos;

/// <summary>What carries the fleet of a run.</summary>
internal enum WorldKind
{
    /// <summary>Hub and agents inside this process, SQLite: fast, and ended in the midst of their writes all the same.</summary>
    InProcess,

    /// <summary>Hub and agents as the programs that are shipped, ended by kill −9.</summary>
    Programs,

    /// <summary>As the first, on a PostgreSQL of its own, which stops and dies too.</summary>
    Postgres,
}

/// <summary>A small fleet that many runs share: one hub, three simulated clusters with agents, one repository.</summary>
internal sealed class ChaosWorld : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-chaos-").FullName;
    private KubeSimHost _sim = null!;
    private GitHttpServer _git = null!;

    private ChaosWorld(WorldKind kind) => Kind = kind;

    public WorldKind Kind { get; }

    public ChaosHub Hub { get; private set; } = null!;

    public ChaosGit Git { get; private set; } = null!;

    public PostgresServer? Database { get; private set; }

    public List<ChaosAgent> Agents { get; } = [];

    public IReadOnlyList<string> Clusters => [.. Agents.Select(a => a.Cluster.Name)];

    public ConcurrentQueue<string> Log { get; } = [];

    public SimulatedCluster this[string cluster] => _sim[cluster];

    public static async Task<ChaosWorld> StartAsync(WorldKind kind, int clusters = 2)
    {
        var world = new ChaosWorld(kind);
        try
        {
            await world.BuildAsync(clusters);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>An operator's call, made again while the hub is away: every one of them may be repeated.</summary>
    public async Task<T> AskAsync<T>(Func<FleetApi.FleetApiClient, CallOptions, AsyncUnaryCall<T>> call)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return await call(Hub.Operator.Api, Hub.Operator.Call(default));
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled or StatusCode.Internal or StatusCode.Unknown or StatusCode.Aborted or StatusCode.ResourceExhausted
                && TimeProvider.System.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    public Task ApplyAsync(string yaml) => AskAsync((api, options) => api.ApplyAsync(new ApplyRequest { Files = { new SourceFile { Name = "chaos.yaml", Content = yaml } } }, options));

    public async Task<IReadOnlyList<Resource>> ListAsync(string kind) => (await AskAsync((api, options) => api.ListAsync(new ListRequest { Kind = kind, PageSize = 1000 }, options))).Items;

    /// <summary>Waits until the look answers null; what it answered last is in the failure.</summary>
    public async Task UntilAsync(string what, Func<Task<string?>> look, TimeSpan? limit = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        string? seen;
        while ((seen = await look()) is not null)
        {
            if (TimeProvider.System.GetElapsedTime(began) > (limit ?? Patience))
            {
                Assert.Fail($"{what} did not come. Last seen: {seen}\n{string.Join('\n', Agents.Select(a => $"{a.Cluster.Name}: {a.Status}"))}\n{string.Join('\n', Log.TakeLast(120))}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(60));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in Agents)
        {
            await agent.DisposeAsync();
        }

        if (Hub is { } hub)
        {
            await hub.DisposeAsync();
        }

        if (_sim is { } sim)
        {
            await sim.DisposeAsync();
        }

        if (_git is { } git)
        {
            await git.DisposeAsync();
        }

        if (Database is { } database)
        {
            await database.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task BuildAsync(int clusters)
    {
        _sim = await KubeSimHost.StartAsync(new KubeSimOptions());
        var gitFolder = Directory.CreateDirectory(Path.Combine(_folder, "git")).FullName;
        _git = await GitHttpServer.StartAsync(gitFolder);
        Git = new ChaosGit(gitFolder, _git.Address, "app");
        Git.Commit([new("README.md", "chaos")]);
        Database = Kind == WorldKind.Postgres ? await PostgresServer.StartAsync() : null;
        var postgres = Database is null ? null : await Database.CreateDatabaseAsync();
        Hub = await ChaosHub.StartAsync(Path.Combine(_folder, "hub"), Log, postgres, Kind == WorldKind.Programs);
        await ApplyAsync(Yaml.Source("app", Git.Url).Replace("pollInterval: 1s", "pollInterval: 5s", StringComparison.Ordinal)
            + string.Concat(Groups.Select(g => Yaml.Group(g, g).Replace("group: " + g, g + ": \"on\"", StringComparison.Ordinal))));
        for (var i = 0; i < clusters; i++)
        {
            await AddClusterAsync($"c{i}");
        }
    }

    /// <summary>Groups by a label of the same name.</summary>
    public static readonly string[] Groups = ["red", "blue"];

    private async Task AddClusterAsync(string name)
    {
        var cluster = await _sim.AddClusterAsync(new SimulatedClusterOptions { Name = name, ReadyDelay = TimeSpan.FromMilliseconds(20), RequestLogCapacity = 50_000 });
        cluster.Store.Apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n", "kubectl");
        var path = Path.Combine(_folder, name + ".kubeconfig");
        cluster.WriteKubeconfig(path);
        var token = await AskAsync((api, options) => api.CreateTokenAsync(new CreateTokenRequest { Spec = new EnrollmentTokenSpec { ClusterNames = name, Uses = 1, Ttl = "1h" } }, options));
        var agent = new ChaosAgent(cluster, path, Hub, token.Secret, Log, Kind == WorldKind.Programs);
        Agents.Add(agent);
        await agent.StartAsync();
        await UntilAsync($"{name} connected", async () =>
            (await ListAsync("Cluster")).FirstOrDefault(c => c.Cluster.Metadata.Name == name)?.Cluster.Status?.State is { } state and not "Connected" ? state : null);
        await UntilAsync($"{name} known", async () => (await ListAsync("Cluster")).Any(c => c.Cluster.Metadata.Name == name && c.Cluster.Status?.State == "Connected") ? null : "not yet");
    }
}
