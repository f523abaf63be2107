using Fleet.Agent.Tests.Fakes;
using Fleet.V1;

namespace Fleet.Agent.Tests.Reconcile;

/// <summary>The main job: what is assigned arrives, stays, changes and leaves.</summary>
public sealed class MainJobTests
{
    [Fact]
    public async Task Assignment_New_BecomesReady()
    {
        await using var rig = await AgentRig.StartAsync();
        var commit = rig.Hub.Assign("shop", Manifests.Files(
            ("ns.yaml", Manifests.Namespace("shop")), ("web.yaml", Manifests.Deployment("web", ns: "shop")), ("cm.yaml", Manifests.ConfigMap("settings", ns: "shop"))));
        var report = await rig.Hub.WaitReadyAsync("shop", commit);
        Assert.Equal(3, report.Objects.Current);
        Assert.NotNull(rig.Cluster.Store.Get("apps/v1", "Deployment", "shop", "web"));
        Assert.Empty(rig.Log.Errors);
    }

    [Fact]
    public async Task Drift_ScaledByHand_IsHealedAndNamed()
    {
        await using var rig = await AgentRig.StartAsync();
        var commit = rig.Hub.Assign("shop", Manifests.Files(("web.yaml", Manifests.Deployment("web"))));
        await rig.Hub.WaitReadyAsync("shop", commit);
        rig.Cluster.Store.Change("apps/v1", "Deployment", "default", "web", d => d["spec"]!["replicas"] = 5, "kubectl-scale");
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Drifts.Any(d => d.Healed));
        var drift = Assert.Single(report.Drifts);
        Assert.Equal(".spec.replicas", drift.Field);
        Assert.Equal("2", drift.Expected);
        Assert.Equal("5", drift.Actual);
        Assert.Equal("kubectl-scale", drift.Manager);
        Assert.Equal(2, (int)rig.Cluster.Store.Get("apps/v1", "Deployment", "default", "web")!["spec"]!["replicas"]!);
    }

    [Fact]
    public async Task Object_DeletedByHand_IsMadeAgain()
    {
        await using var rig = await AgentRig.StartAsync();
        var commit = rig.Hub.Assign("shop", Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings"))));
        await rig.Hub.WaitReadyAsync("shop", commit);
        rig.Cluster.Store.Delete("v1", "ConfigMap", "default", "settings");
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Drifts.Any(d => d.Healed) && r.Phase == ReportPhase.Ready);
        Assert.Equal("absent", report.Drifts[0].Actual);
        Assert.NotNull(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "settings"));
    }

    [Fact]
    public async Task Revision_OneObjectChanged_IsOneWriteOfIt()
    {
        await using var rig = await AgentRig.StartAsync();
        var files = Manifests.Files([.. Enumerable.Range(0, 40).Select(i => ($"cm{i}.yaml", Manifests.ConfigMap($"cm{i}")))]);
        await rig.Hub.WaitReadyAsync("many", rig.Hub.Assign("many", files));
        rig.Cluster.Requests.Clear();
        files["cm7.yaml"] = Manifests.ConfigMap("cm7", "other");
        await rig.Hub.WaitReadyAsync("many", rig.Hub.Assign("many", files));
        var write = Assert.Single(rig.Cluster.Requests.Writes(), r => r.Resource == "configmaps");
        Assert.Equal("cm7", write.Name);
    }

    [Fact]
    public async Task Revision_ObjectRemoved_IsPruned()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Manifests.Files(("a.yaml", Manifests.ConfigMap("a")), ("b.yaml", Manifests.ConfigMap("b")))));
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Manifests.Files(("a.yaml", Manifests.ConfigMap("a")))));
        await rig.Cluster.Store.WaitForAsync("v1", "ConfigMap", "default", "b", o => o is null, new CancellationTokenSource(10_000).Token);
        Assert.NotNull(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "a"));
    }
}
