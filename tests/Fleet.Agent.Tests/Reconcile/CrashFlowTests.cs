using System.Text.Json.Nodes;
using Fleet.Agent.Tests.Fakes;
using Fleet.V1;

namespace Fleet.Agent.Tests.Reconcile;

/// <summary>An agent that ends at any write of an adoption, a replacement, a move or a prune: its successor does what was meant, once, and nothing else.</summary>
public sealed class CrashFlowTests
{
    public static TheoryData<string, int> Flows()
    {
        var flows = new TheoryData<string, int>();
        foreach (var flow in (string[])["adopt", "replace", "move", "prune"])
        {
            for (var n = 1; n <= 6; n++) flows.Add(flow, n);
        }
        return flows;
    }

    [Theory]
    [MemberData(nameof(Flows))]
    public Task Agent_EndsAfterItsNthWrite_WhatWasMeantHappensOnce(string flow, int n) => RunAsync(flow, n, tookEffect: true);

    [Theory]
    [MemberData(nameof(Flows))]
    [Trait("Category", "Long")]
    public Task Agent_EndsBeforeItsNthWrite_WhatWasMeantHappensOnce(string flow, int n) => RunAsync(flow, n, tookEffect: false);

    private static async Task RunAsync(string flow, int n, bool tookEffect)
    {
        await using var rig = await AgentRig.StartAsync();
        rig.Cluster.Store.Apply(Manifests.ConfigMap("theirs"), "kubectl");
        var a = await FirstAsync(rig, flow);
        var (uid, web) = (Uid(rig, "v1", "ConfigMap", "x"), Uid(rig, "apps/v1", "Deployment", "web"));
        var seen = 0;
        rig.Cluster.Faults.Add(new() { Name = "crash", Action = KubeSim.Faults.FaultAction.Disconnect, AfterWork = tookEffect, Count = null, When = r => r.IsWrite && !r.DryRun && r.UserAgent.StartsWith("fleet-agent", StringComparison.Ordinal) && Interlocked.Increment(ref seen) >= n });
        var (name, commit) = Change(rig, flow, a);
        // Either it got so far, or it had no so many writes to make.
        await rig.Hub.UntilAsync(() => Volatile.Read(ref seen) >= n || rig.Hub.ReportOf(name)?.AppliedRevision == commit, 20, () => rig.Log.ToString());
        await rig.StopAgentAsync();
        rig.Cluster.Faults.Clear();
        await rig.StartAgentAsync();
        await rig.Hub.WaitForReportAsync(name, r => r.AppliedRevision == commit && r.Phase is ReportPhase.Ready or ReportPhase.Progressing && r.Notes.Count == 0);
        switch (flow)
        {
            case "adopt":
                Assert.NotNull(Label(rig, "theirs"));
                break;
            case "replace":
                Assert.Equal("two", (string?)rig.Cluster.Store.Get("apps/v1", "Deployment", "default", "web")!["spec"]!["selector"]!["matchLabels"]!["app"]);
                Assert.NotEqual(web, Uid(rig, "apps/v1", "Deployment", "web"));
                // One whose answer was cut off has another status; a second one with effect would be one too many.
                Assert.True(rig.Cluster.Requests.Where(r => r.Verb == "delete" && r.Resource == "deployments" && r.Status == 200 && r.Fault is null).Count <= 1);
                break;
            case "move":
                await rig.Hub.WaitForReportAsync("a", r => r.Phase == ReportPhase.Ready && r.Notes.Count == 0);
                Assert.Equal(uid, Uid(rig, "v1", "ConfigMap", "x"));
                Assert.Empty(rig.Cluster.Requests.Where(r => r.Verb == "delete" && r.Resource == "configmaps"));
                break;
            default:
                await rig.Cluster.Store.WaitForAsync("v1", "ConfigMap", "default", "x", o => o is null, new CancellationTokenSource(20_000).Token);
                break;
        }
        foreach (var assignment in flow == "move" ? (string[])["a", "b"] : ["a"]) rig.Hub.Remove(assignment, RemovalPolicy.Delete);
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-a") && (flow != "move" || rig.Hub.RemovedReports.Contains("uid-b")), words: () => rig.Log.ToString());
        // What existed before stays, without our marks; of what was ours nothing is left.
        Assert.NotNull(Uid(rig, "v1", "ConfigMap", "theirs"));
        Assert.Null(Label(rig, "theirs"));
        foreach (var mine in (string[])["x", "other", "z"]) Assert.Null(Uid(rig, "v1", "ConfigMap", mine));
        Assert.Null(Uid(rig, "apps/v1", "Deployment", "web"));
        Assert.Empty(rig.Log.Errors);
    }

    private static async Task<Dictionary<string, string>> FirstAsync(AgentRig rig, string flow)
    {
        var files = Manifests.Files(("other.yaml", Manifests.ConfigMap("other")), ("x.yaml", Manifests.ConfigMap("x")));
        if (flow == "replace") files["web.yaml"] = Web("one");
        var first = rig.Hub.Assign("a", files, s => s.Force = true);
        await rig.Hub.WaitForReportAsync("a", r => r.AppliedRevision == first);
        if (flow == "move") await rig.Hub.WaitReadyAsync("b", rig.Hub.Assign("b", Manifests.Files(("z.yaml", Manifests.ConfigMap("z")))));
        return files;
    }

    private static (string Name, string Commit) Change(AgentRig rig, string flow, Dictionary<string, string> files)
    {
        switch (flow)
        {
            case "adopt":
                files["theirs.yaml"] = Manifests.ConfigMap("theirs");
                break;
            case "replace":
                files["web.yaml"] = Web("two");
                break;
            case "move":
                var b = rig.Hub.Assign("b", Manifests.Files(("z.yaml", Manifests.ConfigMap("z")), ("x.yaml", Manifests.ConfigMap("x"))));
                files.Remove("x.yaml");
                rig.Hub.Assign("a", files, s => s.Force = true);
                return ("b", b);
            default:
                files.Remove("x.yaml");
                break;
        }
        return ("a", rig.Hub.Assign("a", files, s => s.Force = true));
    }

    private static string Web(string app) => Manifests.Deployment("web").Replace("app: web", $"app: {app}", StringComparison.Ordinal);

    private static string? Uid(AgentRig rig, string apiVersion, string kind, string name) => (string?)rig.Cluster.Store.Get(apiVersion, kind, "default", name)?["metadata"]?["uid"];

    private static string? Label(AgentRig rig, string name) => (string?)(rig.Cluster.Store.Get("v1", "ConfigMap", "default", name)?["metadata"]?["labels"] as JsonObject)?["fleet.dev/owner"];
}
