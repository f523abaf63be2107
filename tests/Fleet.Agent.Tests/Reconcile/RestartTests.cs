using Fleet.Agent.Tests.Fakes;
using Fleet.V1;

namespace Fleet.Agent.Tests.Reconcile;

/// <summary>An agent that starts anew: nothing is written that need not be, nothing is lost, with or without a hub.</summary>
public sealed class RestartTests
{
    private static readonly Dictionary<string, string> Shop = Manifests.Files(("web.yaml", Manifests.Deployment("web")), ("cm.yaml", Manifests.ConfigMap("settings")), ("other.yaml", Manifests.ConfigMap("other")));

    [Fact]
    public async Task Restart_NothingChanged_WritesNoObject()
    {
        await using var rig = await AgentRig.StartAsync();
        var commit = rig.Hub.Assign("shop", Shop);
        await rig.Hub.WaitReadyAsync("shop", commit);
        await rig.StopAgentAsync();
        rig.Cluster.Requests.Clear();
        await rig.StartAgentAsync();
        await rig.Hub.UntilAsync(() => rig.Hub.Sessions == 2);
        await rig.Hub.WaitReadyAsync("shop", commit);
        Assert.DoesNotContain(rig.Cluster.Requests.Writes(), r => r.Resource is "configmaps" or "deployments");
        Assert.DoesNotContain(rig.Cluster.Requests.Snapshot(), r => r.DryRun);
        Assert.Single(rig.Hub.Tokens);
    }

    [Fact]
    public async Task Restart_HubAway_DriftMadeMeanwhileIsHealed()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Shop));
        // The content is kept in the cluster by the end of the pass.
        await rig.Cluster.Requests.WaitForAsync(r => r.IsWrite && r.Name.StartsWith("fleet-agent-state-content-", StringComparison.Ordinal) || r.RequestBytes > 0 && r.Resource == "secrets" && r.Verb == "create" && rig.Cluster.Store.List("v1", "Secret", "fleet-system").Any(s => ((string)s["metadata"]!["name"]!).Contains("content", StringComparison.Ordinal)), new CancellationTokenSource(20_000).Token);
        await rig.StopAgentAsync();
        rig.Hub.OnHello = _ => new(new(Grpc.Core.StatusCode.Unavailable, "away"));
        rig.Cluster.Store.Change("v1", "ConfigMap", "default", "settings", c => c["data"]!["key"] = "changed", "somebody");
        rig.Cluster.Store.Delete("v1", "ConfigMap", "default", "other");
        await rig.StartAgentAsync();
        using var limit = new CancellationTokenSource(30_000);
        await rig.Cluster.Store.WaitForAsync("v1", "ConfigMap", "default", "settings", c => (string?)c?["data"]?["key"] == "1", limit.Token);
        await rig.Cluster.Store.WaitForAsync("v1", "ConfigMap", "default", "other", c => c is not null, limit.Token);
    }

    [Fact]
    public async Task Session_Reconnect_PresentsContinuityAndHistory()
    {
        await using var rig = await AgentRig.StartAsync();
        var commit = rig.Hub.Assign("shop", Shop);
        await rig.Hub.WaitReadyAsync("shop", commit);
        rig.Hub.EndSession();
        await rig.Hub.UntilAsync(() => rig.Hub.Hellos.Count == 2);
        var (first, second) = (rig.Hub.Hellos[0], rig.Hub.Hellos[1]);
        Assert.True(first.Continuity.IsEmpty);
        Assert.False(second.Continuity.IsEmpty);
        Assert.Equal(rig.Hub.Generation, second.Generation);
        Assert.Equal(rig.Hub.ChainOf(rig.Hub.Generation), second.Chain.ToByteArray());
        Assert.Equal(rig.Hub.Lineage, second.Lineage.ToByteArray());
    }

    [Fact]
    public async Task Lease_SecondAgent_StopsTheFirst()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Shop));
        await using var second = await Fleet.Agent.Hosting.AgentHost.StartAsync(rig.Options! with { BootId = "second" });
        await rig.ConcernAsync("lease", c => c is { Ok: false, Reason: "TakenOver" });
        await rig.Hub.UntilAsync(() => rig.Hub.Hellos.Any(h => h.BootId == "second"));
    }

    [Fact]
    public async Task Idle_NothingHappens_OnlyWatchesAreOpen()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Shop));
        await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Ready);
        // Late events of the controllers and the last state write come within this; a busy loop would show many calls.
        await Task.Delay(1500);
        rig.Cluster.Requests.Clear();
        await Task.Delay(2000);
        Assert.DoesNotContain(rig.Cluster.Requests.Snapshot(), r => r.UserAgent.StartsWith("fleet-agent", StringComparison.Ordinal));
    }
}
