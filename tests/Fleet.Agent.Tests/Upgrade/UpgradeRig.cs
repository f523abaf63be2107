using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Hosting;
using Fleet.Agent.Tests.Fakes;
using Fleet.Agent.Tests.Policy;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Agent.Tests.Upgrade;

/// <summary>A cluster whose agents run as their Deployments say: the rig plays the kubelet, and each agent runs in this process.</summary>
internal sealed class UpgradeRig : IAsyncDisposable
{
    private readonly Dictionary<string, AgentHost> _running = new(StringComparer.Ordinal);
    private readonly HashSet<string> _stopped = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<string, bool> _starts;
    private readonly Task _loop;
    private int _commands;

    private UpgradeRig(TenantRig tenants, Func<string, bool> starts)
    {
        (Tenants, _starts) = (tenants, starts);
        _loop = Task.Run(LoopAsync);
    }

    public TenantRig Tenants { get; }
    public FakeHub Hub => Tenants.Hub;

    public static async Task<UpgradeRig> StartAsync(Func<string, bool>? starts = null)
    {
        var rig = new UpgradeRig(await TenantRig.StartAsync(start: false, upgrades: true), starts ?? (_ => true));
        await rig.ConnectedAsync("1");
        return rig;
    }

    public void Order(string id, string version, int seconds = 60) => Hub.Send(new()
    {
        Command = new() { Id = $"c{++_commands}", UpgradeAgent = new() { Id = id, Image = $"fleet-agent:{version}", Version = version, ConnectWithin = Duration.FromTimeSpan(TimeSpan.FromSeconds(seconds)) } },
    });

    public void Confirm(string id) => Hub.Send(new() { Command = new() { Id = $"c{++_commands}", ConfirmUpgrade = new() { Id = id } } });

    public bool Has(string deployment) => Tenants.Cluster.Store.Get("apps/v1", "Deployment", "fleet-system", deployment) is { } d && d["metadata"]!["deletionTimestamp"] is null;

    /// <summary>The new session is the live one.</summary>
    public Task ConnectedAsync(string version) => Hub.UntilAsync(() => Hub.Hellos.Count > 0 && Hub.Hellos[^1].AgentVersion == version && Hub.Sessions == Hub.Hellos.Count, words: () => Tenants.Rig.Log.ToString());

    public Task AppearsAsync(string deployment) => Hub.UntilAsync(() => Has(deployment), words: () => Tenants.Rig.Log.ToString());

    public Task GoneAsync(string deployment) => Hub.UntilAsync(() => !Has(deployment), words: () => Tenants.Rig.Log.ToString());

    public AgentHost Kubelet(string deployment)
    {
        lock (_running) return _running[deployment];
    }

    public async Task StopAsync(string deployment)
    {
        await _one.WaitAsync();
        try
        {
            _stopped.Add(deployment);
            await EndAsync(deployment);
        }
        finally
        {
            _one.Release();
        }
    }

    public async Task StartAsync(string deployment)
    {
        await _one.WaitAsync();
        _stopped.Remove(deployment);
        _one.Release();
        await Hub.UntilAsync(() => IsRunning(deployment) || !Has(deployment));
    }

    public async Task RestartAsync(string deployment)
    {
        await StopAsync(deployment);
        await StartAsync(deployment);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var deployment in _running.Keys.ToList()) await EndAsync(deployment);
        await Tenants.DisposeAsync();
        _stop.Dispose();
        _one.Dispose();
    }

    private async Task LoopAsync()
    {
        while (true)
        {
            await Task.Delay(20, _stop.Token);
            await _one.WaitAsync(_stop.Token);
            try
            {
                foreach (var deployment in _running.Keys.Where(d => !Has(d)).ToList()) await EndAsync(deployment);
                foreach (var deployment in Tenants.Cluster.Store.List("apps/v1", "Deployment", "fleet-system"))
                {
                    var name = (string)deployment["metadata"]!["name"]!;
                    if (!_stopped.Contains(name) && Has(name) && !IsRunning(name)) await BeginAsync(name, deployment);
                }
            }
            finally
            {
                _one.Release();
            }
        }
    }

    private bool IsRunning(string deployment)
    {
        lock (_running) return _running.ContainsKey(deployment);
    }

    private async Task BeginAsync(string name, JsonObject deployment)
    {
        var container = deployment.Map("spec").Map("template").Map("spec").List("containers").Objects().Single();
        var version = container.Text("image")!.Split(':')[1];
        if (!_starts(version)) return;
        string Argument(string option) => container.List("args")!.Select(a => a.AsText()!).Single(a => a.StartsWith(option, StringComparison.Ordinal))[option.Length..];
        var options = new AgentOptions
        {
            Kubeconfig = Tenants.FileFor(TenantRig.Agent),
            Hub = Hub.Api,
            ClusterName = "one",
            Token = "t.secret",
            CaPin = Hub.Authority.Pin,
            Version = version,
            Deployment = Argument("--deployment="),
            UpgradeImages = Argument("--upgrade-images=").Split(',', StringSplitOptions.RemoveEmptyEntries),
        };
        var agent = await AgentHost.StartAsync(options, TimeProvider.System, Tenants.Rig.Log);
        lock (_running) _running[name] = agent;
    }

    private async Task EndAsync(string deployment)
    {
        AgentHost? agent;
        lock (_running) _running.Remove(deployment, out agent);
        if (agent is not null) await agent.DisposeAsync();
    }
}
