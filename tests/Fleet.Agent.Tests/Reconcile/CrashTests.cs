using Fleet.Agent.Tests.Fakes;
using Fleet.V1;

namespace Fleet.Agent.Tests.Reconcile;

/// <summary>An agent that ends at any of its writes: its successor brings everything to its place, and owns all of it.</summary>
public sealed class CrashTests
{
    public static TheoryData<int> Writes => [.. Enumerable.Range(1, 11)];

    [Theory]
    [MemberData(nameof(Writes))]
    public async Task Agent_EndsAtItsNthWrite_TheNextOneFinishesAndOwnsAll(int n)
    {
        await using var rig = await AgentRig.StartAsync(start: false);
        var files = Manifests.Files(("ns.yaml", Manifests.Namespace("shop")), ("a.yaml", Manifests.ConfigMap("a", ns: "shop")), ("web.yaml", Manifests.Deployment("web", ns: "shop")));
        var commit = rig.Hub.Assign("shop", files);
        // The answer never comes: the write has happened, and its writer is gone.
        var seen = 0;
        rig.Cluster.Faults.Add(new() { Name = "crash", Action = KubeSim.Faults.FaultAction.Disconnect, AfterWork = true, Count = null, When = r => r.IsWrite && r.UserAgent.StartsWith("fleet-agent", StringComparison.Ordinal) && Interlocked.Increment(ref seen) >= n });
        await rig.StartAgentAsync();
        await rig.Hub.UntilAsync(() => Volatile.Read(ref seen) >= n, 20);
        await rig.StopAgentAsync();
        rig.Cluster.Faults.Clear();
        await rig.StartAgentAsync();
        await rig.Hub.WaitReadyAsync("shop", commit);
        rig.Hub.Remove("shop", RemovalPolicy.Delete);
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-shop"), words: () => rig.Log.ToString());
        Assert.Null(rig.Cluster.Store.Get("v1", "ConfigMap", "shop", "a"));
        Assert.Null(rig.Cluster.Store.Get("apps/v1", "Deployment", "shop", "web"));
        Assert.Empty(rig.Log.Errors);
    }
}
