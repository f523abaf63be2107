using System.Net;
using Fleet.Agent.Content;
using Fleet.Agent.Kube.Client;
using Fleet.Agent.Kube.Config;
using Fleet.Agent.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Hosting;

/// <summary>One running agent. Any number of them can run in one process; they share nothing.</summary>
public sealed partial class AgentHost : IAsyncDisposable
{
    private readonly KubeApi _kube;
    private readonly AgentMetrics _metrics;
    private readonly MetricsPage _page;
    private readonly LocalEndpoint? _endpoint;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private AgentHost(AgentOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        var log = loggers.CreateLogger("Fleet.Agent");
        Status = new(time);
        _metrics = new();
        _page = new(_metrics.Meter);
        _kube = new(Access(options, time), options.Kube, time);
        if (options.Listen is { } address)
        {
            _endpoint = new(address, Status, _page, time, log);
            Log.Listening(log, _endpoint.Address);
        }
        IObjectStore objects = options.CacheDirectory.Length > 0 ? new DiskObjectStore(options.CacheDirectory, options.CacheBytes) : new MemoryObjectStore(options.CacheBytes);
        _running = new AgentWork(options, _kube, objects, new(options.PolicyFile, Status, log), Status, _metrics, time, log).RunAsync(_stop.Token);
    }

    /// <summary>What the agent says of itself, as /healthz does.</summary>
    public AgentStatus Status { get; }

    /// <summary>Where /healthz, /readyz and /metrics are served; null: nowhere.</summary>
    public IPEndPoint? Listening => _endpoint?.Address;

    /// <summary>Ends when the agent was stopped; fails only by a bug.</summary>
    public Task Completion => _running;

    /// <summary>Starts an agent and returns at once: everything that may fail afterwards is retried, and stands in <see cref="Status"/>.</summary>
    /// <exception cref="KubeconfigException">The kubeconfig cannot be used.</exception>
    public static Task<AgentHost> StartAsync(AgentOptions options, TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Task.FromResult(new AgentHost(options, time ?? TimeProvider.System, loggers ?? NullLoggerFactory.Instance));
    }

    /// <summary>Metrics in Prometheus' text format.</summary>
    public string Metrics() => _page.Write();

    /// <summary>Stops all work; what was being written is finished or left to the next start, which finds its way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_endpoint is not null) await _endpoint.DisposeAsync().ConfigureAwait(false);
        _page.Dispose();
        _metrics.Dispose();
        _kube.Dispose();
        _stop.Dispose();
    }

    private static ClusterAccess Access(AgentOptions options, TimeProvider time)
    {
        if (options.Kubeconfig.Length > 0) return Kubeconfig.Load(options.Kubeconfig.Split(Path.PathSeparator), options.Context, time);
        if (InCluster.IsHere(Environment.GetEnvironmentVariable)) return InCluster.Load(Environment.GetEnvironmentVariable, time);
        var standard = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");
        if (File.Exists(standard)) return Kubeconfig.Load([standard], options.Context, time);
        throw new KubeconfigException("there is no cluster to work on: this is no pod, and neither --kubeconfig nor KUBECONFIG is given");
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, EventName = "LocalListening", Level = LogLevel.Information, Message = "Serving /healthz and /metrics at {Address}")]
        public static partial void Listening(ILogger logger, IPEndPoint address);
    }
}
