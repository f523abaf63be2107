using System.Text.Json.Nodes;
using Fleet.Agent.Tests.Fakes;
using Fleet.V1;

namespace Fleet.Agent.Tests.Reconcile;

/// <summary>Objects that go from one Assignment to another are never deleted on the way, whichever of the two moves first.</summary>
public sealed class MoveTests
{
    private static string? Uid(AgentRig rig, string name) => (string?)rig.Cluster.Store.Get("v1", "ConfigMap", "default", name)?["metadata"]?["uid"];

    private static void NothingWasDeleted(AgentRig rig) => Assert.Empty(rig.Cluster.Requests.Where(r => r.Verb == "delete" && r.Resource == "configmaps"));

    [Fact]
    public async Task Move_TheNewOneComesFirst_IsHandedOver()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("a", rig.Hub.Assign("a", Manifests.Files(("x.yaml", Manifests.ConfigMap("x")), ("other.yaml", Manifests.ConfigMap("other")))));
        var uid = Uid(rig, "x");
        var b = rig.Hub.Assign("b", Manifests.Files(("x.yaml", Manifests.ConfigMap("x", "2"))));
        var conflict = Assert.Single((await rig.Hub.WaitForReportAsync("b", r => r.Phase == ReportPhase.Conflicted)).Conflicts);
        Assert.Equal(("a", "b"), (conflict.Owner, conflict.OtherOwner));
        await rig.Hub.WaitReadyAsync("a", rig.Hub.Assign("a", Manifests.Files(("other.yaml", Manifests.ConfigMap("other")))));
        // The other one is woken by it, and does not wait for its hourly look.
        await rig.Hub.WaitReadyAsync("b", b);
        await rig.Hub.WaitForReportAsync("a", r => r.Notes.Count == 0);
        Assert.Equal(uid, Uid(rig, "x"));
        NothingWasDeleted(rig);
        rig.Hub.Remove("b", RemovalPolicy.Delete);
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-b"), words: () => rig.Log.ToString());
        Assert.Null(Uid(rig, "x"));
        Assert.NotNull(Uid(rig, "other"));
        Assert.Empty(rig.Log.Errors);
    }

    [Fact]
    public async Task Move_TheOtherAssignmentCannotBeRendered_NothingAtAllLeaves()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("a", rig.Hub.Assign("a", Manifests.Files(("x.yaml", Manifests.ConfigMap("x")), ("other.yaml", Manifests.ConfigMap("other")))));
        rig.Hub.Assign("b", Manifests.Files(("x.yaml", "not: [a manifest"), ("z.yaml", Manifests.ConfigMap("z"))));
        await rig.Hub.WaitForReportAsync("b", r => r.Phase == ReportPhase.Stalled);
        var dropped = rig.Hub.Assign("a", Manifests.Files(("other.yaml", Manifests.ConfigMap("other"))));
        var report = await rig.Hub.WaitForReportAsync("a", r => r.AppliedRevision == dropped && r.Notes.Count > 0);
        Assert.Contains(report.Notes, n => n.Contains("ConfigMap default/x", StringComparison.Ordinal) && n.Contains(" b ", StringComparison.Ordinal));
        var uid = Uid(rig, "x");
        Assert.NotNull(uid);
        await rig.Hub.WaitReadyAsync("b", rig.Hub.Assign("b", Manifests.Files(("x.yaml", Manifests.ConfigMap("x")), ("z.yaml", Manifests.ConfigMap("z")))));
        await rig.Hub.WaitForReportAsync("a", r => r.Notes.Count == 0);
        Assert.Equal(uid, Uid(rig, "x"));
        NothingWasDeleted(rig);
    }

    [Fact]
    public async Task Move_TheOldAssignmentIsDeleted_TheNewOneKeepsTheObject()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("a", rig.Hub.Assign("a", Manifests.Files(("x.yaml", Manifests.ConfigMap("x")), ("other.yaml", Manifests.ConfigMap("other")))));
        var uid = Uid(rig, "x");
        var b = rig.Hub.Assign("b", Manifests.Files(("x.yaml", Manifests.ConfigMap("x", "2"))));
        await rig.Hub.WaitForReportAsync("b", r => r.Phase == ReportPhase.Conflicted);
        rig.Hub.Remove("a", RemovalPolicy.Delete);
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-a"), words: () => rig.Log.ToString());
        await rig.Hub.WaitReadyAsync("b", b);
        Assert.Equal(uid, Uid(rig, "x"));
        Assert.Null(Uid(rig, "other"));
    }

    [Fact]
    public async Task Conflict_HigherPriorityComes_TakesOverAndTheOtherLetsGo()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("a", rig.Hub.Assign("a", Manifests.Files(("x.yaml", Manifests.ConfigMap("x", "a")), ("other.yaml", Manifests.ConfigMap("other")))));
        await rig.Hub.WaitReadyAsync("b", rig.Hub.Assign("b", Manifests.Files(("x.yaml", Manifests.ConfigMap("x", "b"))), s => s.Priority = 5));
        var report = await rig.Hub.WaitForReportAsync("a", r => r.Phase == ReportPhase.Conflicted);
        Assert.Equal(("b", "a"), (report.Conflicts[0].Owner, report.Conflicts[0].OtherOwner));
        Assert.Equal("b", (string?)rig.Cluster.Store.Get("v1", "ConfigMap", "default", "x")!["data"]!["key"]);
        NothingWasDeleted(rig);
        rig.Hub.Remove("b", RemovalPolicy.Delete);
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-b"), words: () => rig.Log.ToString());
        await rig.Hub.WaitForReportAsync("a", r => r.Phase == ReportPhase.Ready);
        Assert.Equal("a", (string?)rig.Cluster.Store.Get("v1", "ConfigMap", "default", "x")!["data"]!["key"]);
        NothingWasDeleted(rig);
    }

    [Fact]
    public async Task Namespace_InTwoAssignmentsWithOtherLabels_OneManifestCountsAndNobodyFights()
    {
        static string Ns(string label) => $"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels: {{{label}: \"1\"}}\n";
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("a", rig.Hub.Assign("a", Manifests.Files(("ns.yaml", Ns("from-a")), ("a.yaml", Manifests.ConfigMap("a", ns: "shop")))));
        var report = await rig.Hub.WaitReadyAsync("b", rig.Hub.Assign("b", Manifests.Files(("ns.yaml", Ns("from-b")), ("b.yaml", Manifests.ConfigMap("b", ns: "shop")))));
        Assert.Contains(report.Notes, n => n.Contains("shared with the Assignment a", StringComparison.Ordinal));
        Assert.Equal(2, report.Objects.Current);
        var writes = rig.Cluster.Requests.Writes().Count(r => r.Resource == "namespaces" && r.Name == "shop");
        Assert.Equal(1, writes);
        // The last one out: what the first brought goes on with the second's manifest.
        rig.Hub.Remove("a", RemovalPolicy.Delete);
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-a"), words: () => rig.Log.ToString());
        var labels = (JsonObject)rig.Cluster.Store.Get("v1", "Namespace", "", "shop")!["metadata"]!["labels"]!;
        Assert.True(labels.ContainsKey("from-b"));
        Assert.False(labels.ContainsKey("from-a"));
        Assert.NotNull(rig.Cluster.Store.Get("v1", "ConfigMap", "shop", "b"));
        Assert.Empty(rig.Cluster.Requests.Where(r => r.Verb == "delete" && r.Resource == "namespaces"));
    }
}
