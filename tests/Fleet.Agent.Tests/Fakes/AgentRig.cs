using System.Collections.Concurrent;
using Fleet.Agent.Hosting;
using Fleet.KubeSim.Hosting;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Tests.Fakes;

/// <summary>One simulated cluster, one fake hub, and an agent between them.</summary>
internal sealed class AgentRig : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-agent-test-").FullName;

    private AgentRig(KubeSimHost sim, FakeHub hub) => (Sim, Hub) = (sim, hub);

    public KubeSimHost Sim { get; }
    public SimulatedCluster Cluster => Sim.Clusters[0];
    public FakeHub Hub { get; }
    public AgentHost? Agent { get; private set; }
    public LogLines Log { get; } = new();
    public AgentOptions? Options { get; private set; }

    public static async Task<AgentRig> StartAsync(Func<AgentOptions, AgentOptions>? options = null, bool start = true, SimulatedClusterOptions? cluster = null)
    {
        var sim = await KubeSimHost.StartAsync(new() { Clusters = [cluster ?? new() { Name = "one", ReadyDelay = TimeSpan.FromMilliseconds(50) }] });
        var rig = new AgentRig(sim, await FakeHub.StartAsync());
        if (start) await rig.StartAgentAsync(options);
        return rig;
    }

    public async Task StartAgentAsync(Func<AgentOptions, AgentOptions>? change = null)
    {
        var kubeconfig = Path.Combine(_folder, "kubeconfig");
        Cluster.WriteKubeconfig(kubeconfig);
        var options = new AgentOptions { Kubeconfig = kubeconfig, Hub = Hub.Api, ClusterName = "one", Token = "t.secret", CaPin = Hub.Authority.Pin };
        Options = change?.Invoke(options) ?? options;
        Agent = await AgentHost.StartAsync(Options, TimeProvider.System, Log);
    }

    public async Task StopAgentAsync()
    {
        if (Agent is not null) await Agent.DisposeAsync();
        Agent = null;
    }

    public async Task<Telemetry.AgentConcern> ConcernAsync(string name, Func<Telemetry.AgentConcern, bool> wanted, int seconds = 30)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        try
        {
            return await Agent!.Status.WaitAsync(name, wanted, limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{name} is not as wanted:\n{Agent!.Status}\n{Log}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAgentAsync();
        await Hub.DisposeAsync();
        await Sim.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>Keeps what an agent logs.</summary>
internal sealed class LogLines : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = new();

    public IEnumerable<string> Errors => _lines.Where(l => l.Level >= LogLevel.Error).Select(l => l.Text);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((logLevel, $"{DateTime.UtcNow:HH:mm:ss.fff} {logLevel} {eventId.Name}: {formatter(state, exception)} {exception}"));

    public void Dispose()
    {
    }

    public override string ToString() => string.Join('\n', _lines.Select(l => l.Text));
}
