using System.Text.Json.Nodes;
using Fleet.Agent.Tests.Fakes;
using Fleet.V1;

namespace Fleet.Agent.Tests.Reconcile;

/// <summary>What is let go of runs on, with all its fields and without a trace of us; what is suspended is left alone, for as long as was said.</summary>
public sealed class LettingGoTests
{
    [Fact]
    public async Task Release_RunningObjects_KeepAllFieldsAndLoseOurMarks()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Manifests.Files(("web.yaml", Manifests.Deployment("web")), ("cm.yaml", Manifests.ConfigMap("settings")))));
        var before = rig.Cluster.Store.Get("apps/v1", "Deployment", "default", "web")!;
        var pods = rig.Cluster.Store.List("v1", "Pod", "default").Select(p => (string?)p["metadata"]!["uid"]).Order().ToList();
        rig.Hub.Remove("shop", RemovalPolicy.Keep, RemovalCause.ClusterDecommissioned);
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-shop"), words: () => rig.Log.ToString());
        var after = rig.Cluster.Store.Get("apps/v1", "Deployment", "default", "web")!;
        Assert.Equal(before["spec"]!.ToJsonString(), after["spec"]!.ToJsonString());
        Assert.Equal((string?)before["metadata"]!["uid"], (string?)after["metadata"]!["uid"]);
        Assert.Equal((long)before["metadata"]!["generation"]!, (long)after["metadata"]!["generation"]!);
        Assert.Equal(pods, rig.Cluster.Store.List("v1", "Pod", "default").Select(p => (string?)p["metadata"]!["uid"]).Order().ToList());
        foreach (var left in new[] { after, rig.Cluster.Store.Get("v1", "ConfigMap", "default", "settings")! })
        {
            var metadata = (JsonObject)left["metadata"]!;
            Assert.Null((metadata["labels"] as JsonObject)?["fleet.dev/owner"]);
            Assert.False(metadata.ContainsKey("finalizers"));
            Assert.DoesNotContain((metadata["managedFields"] as JsonArray ?? []).OfType<JsonObject>(), e => ((string?)e["manager"])!.StartsWith("fleet", StringComparison.Ordinal));
        }
        // Nothing of the Assignment is left in the agent's own namespace either.
        Assert.DoesNotContain(rig.Cluster.Store.List("v1", "Secret", "fleet-system"), s => ((string)s["metadata"]!["name"]!).Contains("inventory", StringComparison.Ordinal) || ((string)s["metadata"]!["name"]!).Contains("content", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ifEqual", false)]
    [InlineData("always", true)]
    public async Task Tombstone_Delete_AdoptedObjectsGoOnlyWhereAdoptSaysAlways(string adopt, bool goes)
    {
        await using var rig = await AgentRig.StartAsync();
        rig.Cluster.Store.Apply(Manifests.ConfigMap("theirs"), "kubectl");
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Manifests.Files(("a.yaml", Manifests.ConfigMap("theirs")), ("b.yaml", Manifests.ConfigMap("ours"))), s => s.Adopt = adopt));
        rig.Hub.Remove("shop", RemovalPolicy.Delete);
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-shop"), words: () => rig.Log.ToString());
        Assert.Null(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "ours"));
        Assert.Equal(goes, rig.Cluster.Store.Get("v1", "ConfigMap", "default", "theirs") is null);
    }

    [Fact]
    public async Task Suspend_ForAStatedTime_EndsByItselfWithoutTheHub()
    {
        await using var rig = await AgentRig.StartAsync();
        var files = Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings")));
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", files));
        var until = DateTimeOffset.UtcNow.AddSeconds(6);
        rig.Hub.Assign("shop", files, s =>
        {
            (s.Suspend, s.SuspendReason) = (true, "ada: looking into it");
            s.SuspendUntil = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(until);
        });
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Suspended);
        Assert.Contains("ada: looking into it", report.Message, StringComparison.Ordinal);
        Assert.Equal(until, report.Outlook.DeadlineTime.ToDateTimeOffset(), TimeSpan.FromSeconds(1));
        rig.Hub.OnHello = _ => new(new(Grpc.Core.StatusCode.Unavailable, "away"));
        rig.Hub.EndSession();
        await rig.StopAgentAsync();
        rig.Cluster.Store.Change("v1", "ConfigMap", "default", "settings", c => c["data"]!["key"] = "changed", "somebody");
        await rig.StartAgentAsync();
        using var limit = new CancellationTokenSource(30_000);
        await rig.Cluster.Store.WaitForAsync("v1", "ConfigMap", "default", "settings", c => (string?)c?["data"]?["key"] == "1", limit.Token);
        Assert.True(DateTimeOffset.UtcNow >= until);
    }

    [Fact]
    public async Task Prune_LabelTakenOffByHand_StaysAndLosesTheRestOfOurMarks()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Manifests.Files(("a.yaml", Manifests.ConfigMap("a")), ("b.yaml", Manifests.ConfigMap("b"))), s => s.Drift = new() { Mode = "ignore" }));
        rig.Cluster.Store.Change("v1", "ConfigMap", "default", "b", c => ((JsonObject)c["metadata"]!).Remove("labels"), "kubectl-label");
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Manifests.Files(("a.yaml", Manifests.ConfigMap("a"))), s => s.Drift = new() { Mode = "ignore" }));
        await rig.Cluster.Store.WaitForAsync("v1", "ConfigMap", "default", "b", o => o is not null && !(o["metadata"]!["managedFields"] as JsonArray ?? []).OfType<JsonObject>().Any(e => (string?)e["manager"] == "fleet-agent"), new CancellationTokenSource(10_000).Token);
        Assert.Empty(rig.Cluster.Requests.Where(r => r.Verb == "delete" && r.Resource == "configmaps"));
    }
}
