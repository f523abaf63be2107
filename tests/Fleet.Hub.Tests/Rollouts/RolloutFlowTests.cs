using Fleet.Hub.Tests.Flow;
using Fleet.V1;

namespace Fleet.Hub.Tests.Rollouts;

/// <summary>Rollouts and removals, over the database and the wire.</summary>
public class RolloutFlowTests
{
    private static AssignmentSpec Web(string max = "", string onRemove = "")
    {
        var spec = new AssignmentSpec { Source = "shop", Ref = "main", Path = "apps/web", OnRemove = onRemove };
        spec.Groups.Add("production");
        if (max.Length > 0)
        {
            spec.Rollout = new RolloutSpec { MaxConcurrent = max };
        }

        return spec;
    }

    private static async Task<FlowHub> StartAsync(TestGit git)
    {
        var hub = await FlowHub.StartAsync();
        await hub.ApplySourceAsync("shop", git.Url);
        await hub.ApplyGroupAsync("production", "env", "prod");
        return hub;
    }

    [Fact]
    public async Task MaxConcurrent_OneClusterNotReady_HoldsTheOthersBack()
    {
        using var git = new TestGit();
        git.Commit(("apps/web/a.yaml", "a"));
        await using var hub = await StartAsync(git);
        var one = await hub.AddClusterAsync("paris", ("env", "prod"));
        var two = await hub.AddClusterAsync("rome", ("env", "prod"));
        await using var paris = await new FakeAgent(hub, one).ConnectAsync();
        await using var rome = await new FakeAgent(hub, two).ConnectAsync();
        var uid = await hub.ApplyAssignmentAsync("web", Web(max: "1"));
        await FlowHub.EventuallyAsync(() => hub.StatusAsync(uid), status => status.Counts?.Ready == 2, "both ready, one after the other");

        paris.Says = rome.Says = _ => ReportPhase.Progressing;
        var second = git.Commit(("apps/web/a.yaml", "b"));
        var status = await FlowHub.EventuallyAsync(() => hub.StatusAsync(uid), status => status.Revision == second && status.Counts.Progressing == 1, "the first cluster's turn");
        Assert.Equal((2, 1), (status.Counts.Clusters, status.Counts.Waiting));
        Assert.Contains(status.Conditions, condition => condition.Type == "RollingOut");
        Assert.Single(await hub.TargetsAsync(uid), row => row.Revision == second);

        foreach (var agent in new[] { paris, rome })
        {
            agent.Says = _ => ReportPhase.Ready;
            if (agent.Targets[uid].Revision == second)
            {
                await agent.ReportAsync(new Report { AssignmentUid = uid, Revision = second, SpecDigest = agent.Targets[uid].SpecDigest, Phase = ReportPhase.Ready });
            }
        }

        await FlowHub.EventuallyAsync(() => hub.StatusAsync(uid), status => status.Counts.Ready == 2 && !status.Conditions.Any(condition => condition.Type == "RollingOut"), "the end");
    }

    [Theory]
    [InlineData(false, RemovalPolicy.Delete)]
    [InlineData(true, RemovalPolicy.Keep)]
    public async Task LastAssignmentOfACluster_IsHeldUntilAnOperatorSettlesIt(bool refuse, RemovalPolicy expected)
    {
        using var git = new TestGit();
        git.Commit(("apps/web/a.yaml", "a"));
        await using var hub = await StartAsync(git);
        var cluster = await hub.AddClusterAsync("paris", ("env", "prod"));
        var uid = await hub.ApplyAssignmentAsync("web", Web(onRemove: "delete"));
        await FlowHub.EventuallyAsync(() => hub.TargetsAsync(uid), rows => rows.Count == 1, "the target");

        await hub.LabelAsync(cluster, ("env", "lab"));
        var status = await FlowHub.EventuallyAsync(() => hub.StatusAsync(uid), status => status.Conditions.Any(condition => condition.Type == "RemovalsHeld"), "the hold");
        Assert.Null(Assert.Single(await hub.TargetsAsync(uid)).TombstoneCause);
        var hold = Assert.Single(await hub.Database.ReadAsync((tx, cancel) => hub.Stores.Holds.ListOpenAsync(tx, "", uid, "", 10, cancel), default));
        Assert.Equal(["paris"], hold.Items);

        await hub.ReleaseHoldAsync(hold.Name, refuse);
        await FlowHub.EventuallyAsync(() => hub.TargetsAsync(uid), rows => rows.All(row => row.IsTombstone), "the tombstone");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        var index = (await agent.NextAsync(HubMessage.MessageOneofCase.DesiredIndex)).DesiredIndex;
        Assert.Equal((expected, RemovalCause.LeftGroup), (index.Tombstones[0].Policy, index.Tombstones[0].Cause));
    }

    [Fact]
    public async Task Hold_ClusterComesBack_IsGone()
    {
        using var git = new TestGit();
        git.Commit(("apps/web/a.yaml", "a"));
        await using var hub = await StartAsync(git);
        var cluster = await hub.AddClusterAsync("paris", ("env", "prod"));
        var uid = await hub.ApplyAssignmentAsync("web", Web());
        await FlowHub.EventuallyAsync(() => hub.TargetsAsync(uid), rows => rows.Count == 1, "the target");
        await hub.LabelAsync(cluster, ("env", "lab"));
        await FlowHub.EventuallyAsync(() => OpenAsync(hub, uid), open => open == 1, "the hold");
        await hub.LabelAsync(cluster, ("env", "prod"));
        await FlowHub.EventuallyAsync(() => OpenAsync(hub, uid), open => open == 0, "its end");
    }

    [Fact]
    public async Task PathMissingAtTheCommit_IsACondition_AndClearsItself()
    {
        using var git = new TestGit();
        var first = git.Commit(("apps/web/a.yaml", "a"));
        await using var hub = await StartAsync(git);
        await hub.AddClusterAsync("paris", ("env", "prod"));
        var uid = await hub.ApplyAssignmentAsync("web", Web());
        await FlowHub.EventuallyAsync(() => hub.TargetsAsync(uid), rows => rows.Count == 1, "the target");

        git.Run("mv", "apps/web", "apps/moved");
        git.Commit();
        var status = await FlowHub.EventuallyAsync(() => hub.StatusAsync(uid), status => Reason(status, "Resolved") == "PathMissing", "PathMissing");
        Assert.Equal("False", status.Conditions.Single(condition => condition.Type == "Ready").Status);
        Assert.Equal(first, Assert.Single(await hub.TargetsAsync(uid)).Revision);

        git.Run("mv", "apps/moved", "apps/web");
        git.Commit();
        await FlowHub.EventuallyAsync(() => hub.StatusAsync(uid), status => Reason(status, "Resolved") == "Resolved", "that it cleared itself");
    }

    [Fact]
    public async Task FileTooLarge_IsACondition_AndCostsOtherAssignmentsNothing()
    {
        using var git = new TestGit();
        git.Commit(("apps/web/big.bin", new string('x', 11 << 20)), ("apps/api/a.yaml", "a"));
        await using var hub = await StartAsync(git);
        await hub.AddClusterAsync("paris", ("env", "prod"));
        var big = await hub.ApplyAssignmentAsync("web", Web());
        var api = Web();
        api.Path = "apps/api";
        var small = await hub.ApplyAssignmentAsync("api", api);

        await FlowHub.EventuallyAsync(() => hub.StatusAsync(big), status => Reason(status, "Resolved") == "TooLarge", "TooLarge");
        await FlowHub.EventuallyAsync(() => hub.TargetsAsync(small), rows => rows.Count == 1, "the other target");
        Assert.Empty(await hub.TargetsAsync(big));
    }

    [Fact]
    public async Task SpecChanged_SameCommit_IsANewTarget()
    {
        using var git = new TestGit();
        git.Commit(("apps/web/a.yaml", "a"));
        await using var hub = await StartAsync(git);
        await hub.AddClusterAsync("paris", ("env", "prod"));
        var uid = await hub.ApplyAssignmentAsync("web", Web());
        var before = Assert.Single(await FlowHub.EventuallyAsync(() => hub.TargetsAsync(uid), rows => rows.Count == 1, "the target"));
        var changed = Web();
        changed.Render = new RenderSpec { Namespace = "shop" };
        await hub.ApplyAssignmentAsync("web", changed);
        var after = Assert.Single(await FlowHub.EventuallyAsync(() => hub.TargetsAsync(uid), rows => rows[0].SpecDigest != before.SpecDigest, "the new spec"));
        Assert.Equal((before.Revision, before.Generation + 1), (after.Revision, after.Generation));
    }

    [Fact]
    public async Task AgentHold_Released_ReachesTheTarget()
    {
        using var git = new TestGit();
        var commit = git.Commit(("apps/web/a.yaml", "a"));
        await using var hub = await StartAsync(git);
        var cluster = await hub.AddClusterAsync("paris", ("env", "prod"));
        var uid = await hub.ApplyAssignmentAsync("web", Web());
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        var target = await FlowHub.EventuallyAsync(() => Task.FromResult(agent.Targets.GetValueOrDefault(uid)), target => target is not null, "the target");
        await agent.ReportAsync(new Report
        {
            AssignmentUid = uid,
            Revision = commit,
            SpecDigest = target!.SpecDigest,
            Phase = ReportPhase.Waiting,
            Holds = { new HoldSpec { Reason = "MassPrune", Message = "12 objects", Items = { "ConfigMap/a" }, Count = 12 } },
        });
        await FlowHub.EventuallyAsync(() => OpenAsync(hub, uid), open => open == 1, "the hold");
        var hold = Assert.Single(await hub.Database.ReadAsync((tx, cancel) => hub.Stores.Holds.ListOpenAsync(tx, cluster, uid, "", 10, cancel), default));

        await hub.ReleaseHoldAsync(hold.Name);
        await FlowHub.EventuallyAsync(() => Task.FromResult(agent.Targets[uid]), held => held.ReleasedHolds.Contains($"MassPrune:{commit}"), "the release");
    }

    private static async Task<int> OpenAsync(FlowHub hub, string uid) =>
        (await hub.Database.ReadAsync((tx, cancel) => hub.Stores.Holds.ListOpenAsync(tx, "", uid, "", 10, cancel), default)).Count;

    private static string? Reason(AssignmentStatus status, string type) => status.Conditions.FirstOrDefault(condition => condition.Type == type)?.Reason;
}
