using System.Text.Json.Nodes;
using Fleet.Agent.Tests.Fakes;
using Fleet.V1;

namespace Fleet.Agent.Tests.Reconcile;

/// <summary>Deletions that are not meant, and what looks like one and is none.</summary>
public sealed class DeletionSafetyTests
{
    private static readonly Dictionary<string, string> Ten = Manifests.Files([.. Enumerable.Range(0, 10).Select(i => ($"c{i}.yaml", Manifests.ConfigMap($"c{i}")))]);

    private static Dictionary<string, string> Keep(params int[] which) => Ten.Where(f => which.Any(i => f.Key == $"c{i}.yaml")).ToDictionary();

    private static int Deletions(AgentRig rig) => rig.Cluster.Requests.Where(r => r.Verb == "delete" && r.Resource == "configmaps").Count;

    [Fact]
    public async Task Consent_ForOneRevision_ReleasesNoLaterOne()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Ten));
        var five = rig.Hub.Assign("shop", Keep(0, 1, 2, 3, 4));
        var hold = Assert.Single((await rig.Hub.WaitForReportAsync("shop", r => r.AppliedRevision == five && r.Holds.Count > 0)).Holds);
        Assert.Equal(("MassPrune", 5), (hold.Reason, hold.Count));
        // Another one, five others gone: an operator's word on the first says nothing of it.
        var target = rig.Hub.TargetOf("shop");
        var again = rig.Hub.Git.Commit(Keep(5, 6, 7, 8, 9));
        var spec = new TargetSpec { AssignmentUid = "uid-shop", AssignmentName = "shop", Path = "", Prune = true, Render = new() { Format = "raw", Recursive = true } };
        rig.Hub.AssignCommit("shop", again, spec, t => t.ReleasedHolds.Add($"MassPrune:{target.Revision}"));
        await rig.Hub.WaitForReportAsync("shop", r => r.AppliedRevision == again && r.Holds.Count > 0);
        Assert.Equal(0, Deletions(rig));
        rig.Hub.AssignCommit("shop", again, spec, t => t.ReleasedHolds.Add($"MassPrune:{again}"));
        await rig.Hub.WaitForReportAsync("shop", r => r.Holds.Count == 0 && r.Objects.Pruned == 5);
        Assert.Equal(5, Deletions(rig));
    }

    [Fact]
    public async Task Render_OfNothing_IsHeldAndSaysSo()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Keep(0)));
        rig.Hub.Assign("shop", Manifests.Files(("README.md", "nothing")));
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Holds.Count > 0);
        Assert.Equal("EmptyRender", report.Holds[0].Reason);
        Assert.Equal(0, Deletions(rig));
    }

    [Fact]
    public async Task Finalizer_DoesNotClear_IsNamedWithItsAgeAndBlocksNothingElse()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Keep(0, 1, 2)));
        rig.Cluster.Store.Change("v1", "ConfigMap", "default", "c1", c => c["metadata"]!["finalizers"] = new JsonArray("example.com/never"), "somebody");
        rig.Hub.Remove("shop", RemovalPolicy.Delete);
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Removing && r.Message.Contains("example.com/never", StringComparison.Ordinal));
        Assert.Contains("since", report.Message, StringComparison.Ordinal);
        Assert.Equal(("Terminating", "cluster"), (report.Outlook.Reason, report.Outlook.Owner));
        Assert.NotNull(report.Outlook.DeadlineTime);
        Assert.NotNull(report.Outlook.NextTime);
        Assert.Null(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "c0"));
        Assert.Null(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "c2"));
        rig.Cluster.Store.Change("v1", "ConfigMap", "default", "c1", c => ((JsonObject)c["metadata"]!).Remove("finalizers"), "somebody");
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-shop"), words: () => rig.Log.ToString());
    }

    [Theory]
    [InlineData(503)]
    [InlineData(404)]
    public async Task Removal_TheServerCannotTell_IsNotTakenForGone(int status)
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Keep(0, 1)));
        // A broken APIService answers 503; a kind that is no longer served 404, and names no object.
        rig.Cluster.Faults.Add(new() { Name = "away", Action = KubeSim.Faults.FaultAction.Fail, Status = status, Message = "the server could not find the requested resource", Count = null, Verb = "get", Resource = "configmaps", ObjectName = "c0" });
        rig.Hub.Remove("shop", RemovalPolicy.Delete);
        await rig.Cluster.Store.WaitForAsync("v1", "ConfigMap", "default", "c1", o => o is null, new CancellationTokenSource(20_000).Token);
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Error is not null);
        Assert.DoesNotContain("uid-shop", rig.Hub.RemovedReports);
        Assert.NotNull(report.Error.NextTryTime);
        rig.Cluster.Faults.Clear();
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-shop"), 60, () => rig.Log.ToString());
        Assert.Null(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "c0"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Inventory_DamagedOrDeleted_HealingGoesOnAndNothingIsDeleted(bool deleted)
    {
        await using var rig = await AgentRig.StartAsync();
        rig.Cluster.Store.Apply(Manifests.ConfigMap("c1"), "kubectl");
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Keep(0, 1, 2)));
        await rig.StopAgentAsync();
        var name = rig.Cluster.Store.List("v1", "Secret", "fleet-system").Select(s => (string)s["metadata"]!["name"]!).Single(n => n.Contains("inventory", StringComparison.Ordinal));
        if (deleted) rig.Cluster.Store.Delete("v1", "Secret", "fleet-system", name);
        else rig.Cluster.Store.Change("v1", "Secret", "fleet-system", name, s => s["data"]!["body"] = Convert.ToBase64String("rubbish"u8), "somebody");
        rig.Cluster.Store.Change("v1", "ConfigMap", "default", "c0", c => c["data"]!["key"] = "changed", "somebody");
        await rig.StartAgentAsync();
        await rig.Cluster.Store.WaitForAsync("v1", "ConfigMap", "default", "c0", c => (string?)c?["data"]?["key"] == "1", new CancellationTokenSource(20_000).Token);
        if (!deleted) await rig.Hub.WaitForReportAsync("shop", r => r.Notes.Any(t => t.Contains("damaged", StringComparison.Ordinal)));
        // Nobody remembers that c1 was there before us: so nothing of these is ever deleted.
        await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Ready);
        rig.Hub.Remove("shop", RemovalPolicy.Delete);
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-shop"), words: () => rig.Log.ToString());
        Assert.Equal(0, Deletions(rig));
        Assert.NotNull(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "c1"));
    }
}
