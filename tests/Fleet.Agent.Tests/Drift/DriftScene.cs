using System.Text.Json.Nodes;
using Fleet.Agent.Tests.Fakes;
using Fleet.KubeSim.Hosting;
using Fleet.Rendering.Yaml;
using Fleet.V1;

namespace Fleet.Agent.Tests.Drift;

/// <summary>
/// One Assignment that stands in a simulated cluster, and what is done to it beside the agent. Barriers are drifts of
/// canaries: once one is healed, everything that the agent saw before it has been judged.
/// </summary>
internal sealed class DriftScene : IAsyncDisposable
{
    private const int Canaries = 6;
    private readonly Dictionary<string, string> _canaries = Manifests.Files([.. Enumerable.Range(0, Canaries).Select(i => ($"canary-{i}.yaml", Manifests.ConfigMap($"canary-{i}")))]);
    private int _canary;

    private DriftScene(AgentRig rig) => Rig = rig;

    public AgentRig Rig { get; }
    public ClusterStore Store => Rig.Cluster.Store;
    public string Commit { get; private set; } = "";

    public static async Task<DriftScene> StartAsync(IReadOnlyDictionary<string, string> files, Action<TargetSpec>? spec = null, Action<DriftScene>? before = null, SimulatedClusterOptions? cluster = null)
    {
        var scene = new DriftScene(await AgentRig.StartAsync(cluster: cluster));
        try
        {
            before?.Invoke(scene);
            scene.Assign(files, spec);
            await scene.Rig.Hub.WaitReadyAsync("shop", scene.Commit);
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    public string Assign(IReadOnlyDictionary<string, string> files, Action<TargetSpec>? spec = null) =>
        Commit = Rig.Hub.Assign("shop", files.Concat(_canaries).ToDictionary(f => f.Key, f => f.Value), spec);

    public async Task<Report> AssignReadyAsync(IReadOnlyDictionary<string, string> files, Action<TargetSpec>? spec = null)
    {
        var commit = Assign(files, spec);
        return await Rig.Hub.WaitForReportAsync("shop", r => r.AppliedRevision == commit && r.SpecDigest == Rig.Hub.TargetOf("shop").SpecDigest && r.Phase == ReportPhase.Ready);
    }

    public JsonObject Live(string apiVersion, string kind, string name) => Store.Get(apiVersion, kind, "default", name) ?? throw new InvalidOperationException($"there is no {kind} {name}");

    /// <summary>Creates or replaces an object as a tool that uses plain updates.</summary>
    public void Put(string yaml, string manager) => Store.Put((JsonObject)YamlReader.Read(yaml, YamlLimits.Default, []).Single().Root!, manager);

    /// <summary>What the agent has changed (a refused try, as when a controller wrote at that moment, changes nothing) of objects that are not its own state.</summary>
    public IReadOnlyList<string> Writes() =>
        [.. Rig.Cluster.Requests.Where(r => r is { IsWrite: true, Status: < 400 } && r.UserAgent.StartsWith("fleet-agent", StringComparison.Ordinal) && r.Namespace != "fleet-system").Select(r => $"{r.Verb} {r.Resource}/{r.Name}")];

    /// <summary>Writes but those that healed a canary.</summary>
    public IReadOnlyList<string> OwnWrites() => [.. Writes().Where(w => !w.Contains("canary-", StringComparison.Ordinal))];

    /// <summary>From here on requests are counted.</summary>
    public void Mark() => Rig.Cluster.Requests.Clear();

    public static IEnumerable<FieldDrift> Own(Report report) => report.Drifts.Where(d => !d.Name.StartsWith("canary-", StringComparison.Ordinal));

    /// <summary>Returns the report that was made after everything that had happened was judged.</summary>
    public async Task<Report> BarrierAsync()
    {
        var name = $"canary-{_canary++}";
        Store.Change("v1", "ConfigMap", "default", name, c => c["data"]!["key"] = "changed", "somebody");
        return await Rig.Hub.WaitForReportAsync("shop", r => r.Drifts.Any(d => d.Name == name && d.Healed));
    }

    /// <summary>Has the agent compare everything by dry-runs, whatever the watches said, and waits until it has.</summary>
    public async Task CheckAsync(params string[] names)
    {
        var from = Rig.Cluster.Requests.Count;
        Rig.Hub.Send(new() { Command = new() { Id = Guid.NewGuid().ToString("N"), Reconcile = new() } });
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        foreach (var name in names) await Rig.Cluster.Requests.WaitForAsync(r => r.Sequence >= from && r.DryRun && r.Name == name, limit.Token);
    }

    /// <summary>Nothing was written and nothing reported since <see cref="Mark"/>: neither by what the watch showed nor by a full check.</summary>
    public async Task AssertQuietAsync(params string[] checks)
    {
        await BarrierAsync();
        await CheckAsync(checks);
        var report = await BarrierAsync();
        Assert.Empty(OwnWrites());
        Assert.Empty(Own(report));
        Assert.Equal(_canary, report.Corrections);
        Assert.Empty(Rig.Log.Errors);
    }

    /// <summary>A real drift is found, named with field, both values and manager, and put right by one write.</summary>
    public async Task<FieldDrift> AssertHealedAsync(string kind, string name, string field, string expected, string actual, string manager, int writes = 1)
    {
        var report = await Rig.Hub.WaitForReportAsync("shop", r => Own(r).Any(d => d.Field == field && d.Healed) && Own(r).All(d => d.Healed));
        var drift = Assert.Single(Own(report), d => d.Field == field);
        Assert.Equal((kind, name, expected, actual, manager), (drift.Kind, drift.Name, drift.Expected, drift.Actual, drift.Manager));
        Assert.Equal(writes, OwnWrites().Count);
        return drift;
    }

    public async ValueTask DisposeAsync() => await Rig.DisposeAsync();
}
