using Fleet.V1;

namespace Fleet.Hub.Tests.Flow;

/// <summary>The way of a commit through the hub: poll, target, session, content, report, status.</summary>
public class CommitFlowTests
{
    private static AssignmentSpec Web(params string[] groups)
    {
        var spec = new AssignmentSpec { Source = "shop", Ref = "main", Path = "apps/web" };
        spec.Groups.Add(groups);
        return spec;
    }

    [Fact]
    public async Task Commit_OfAnAssignedPath_ReachesTheClusterAndItsReportTheStatus()
    {
        using var git = new TestGit();
        var first = git.Commit(("apps/web/a.yaml", "kind: ConfigMap"), ("apps/other/b.yaml", "x"));
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris", ("env", "prod"));
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await hub.ApplySourceAsync("shop", git.Url);
        await hub.ApplyGroupAsync("production", "env", "prod");
        var uid = await hub.ApplyAssignmentAsync("web", Web("production"));

        var status = await FlowHub.EventuallyAsync(() => hub.StatusAsync(uid), status => status.Counts?.Ready == 1, "Ready");
        Assert.Equal(first, status.Revision);
        Assert.Equal("True", status.Conditions.Single(condition => condition.Type == "Ready").Status);
        var target = agent.Targets[uid];
        await agent.FetchAsync(agent.Request(target));
        Assert.Equal(target.ClosureDigest, ClosureDigests.Of(agent.Objects.Keys));
        Assert.Equal("apps/web", agent.Specs[target.SpecDigest].Path);

        // Another app's commit is no new target; one of its own is, and costs just what changed.
        git.Commit(("apps/other/b.yaml", "y"));
        var second = git.Commit(("apps/web/a.yaml", "kind: ConfigMap2"));
        await FlowHub.EventuallyAsync(() => hub.StatusAsync(uid), status => status.Revision == second && status.Counts.Ready == 1, "the second commit");
        var objects = agent.Objects.Count;
        var bytes = await agent.FetchAsync(agent.Request(agent.Targets[uid], have: target.ClosureDigest));
        Assert.True(agent.Objects.Count - objects <= 5);
        Assert.InRange(bytes, 1, 2_000);
    }

    [Fact]
    public async Task Commit_OfAnotherApp_ChangesNoTarget()
    {
        using var git = new TestGit();
        var first = git.Commit(("apps/web/a.yaml", "a"), ("apps/other/b.yaml", "x"));
        await using var hub = await FlowHub.StartAsync();
        await hub.AddClusterAsync("paris", ("env", "prod"));
        var source = await hub.ApplySourceAsync("shop", git.Url);
        await hub.ApplyGroupAsync("production", "env", "prod");
        var uid = await hub.ApplyAssignmentAsync("web", Web("production"));
        await FlowHub.EventuallyAsync(() => hub.TargetsAsync(uid), rows => rows.Count == 1, "the target");

        var other = git.Commit(("apps/other/b.yaml", "y"));
        await FlowHub.EventuallyAsync(() => hub.SourceStatusAsync(source), status => status.Refs.Any(known => known.Commit == other), "the poll");
        var status = await FlowHub.EventuallyAsync(() => hub.StatusAsync(uid), status => status.Conditions.Any(condition => condition.Message.Contains(other)), "that it was seen");

        Assert.Equal(first, status.Revision);
        var row = Assert.Single(await hub.TargetsAsync(uid));
        Assert.Equal((first, 1L), (row.Revision, row.Generation));
    }

    [Fact]
    public async Task Assignment_Deleted_IsGoneOnceEveryClusterHasCarriedItOut()
    {
        using var git = new TestGit();
        git.Commit(("apps/web/a.yaml", "a"));
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris", ("env", "prod"));
        await hub.ApplySourceAsync("shop", git.Url);
        await hub.ApplyGroupAsync("production", "env", "prod");
        var uid = await hub.ApplyAssignmentAsync("web", Web("production"));
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await FlowHub.EventuallyAsync(() => hub.StatusAsync(uid), status => status.Counts?.Ready == 1, "Ready");
        await agent.DisconnectAsync();

        // The agent is away: the removal waits for it.
        await hub.DeleteAssignmentAsync("web");
        await FlowHub.EventuallyAsync(() => hub.TargetsAsync(uid), rows => rows.Any(row => row.TombstoneCause == nameof(RemovalCause.AssignmentDeleted)), "the tombstone");
        Assert.NotNull(await hub.FindAsync("Assignment", "web"));

        await agent.ConnectAsync();
        await FlowHub.EventuallyAsync(() => hub.FindAsync("Assignment", "web"), stored => stored is null, "the end of the Assignment");
        Assert.Equal([uid], agent.Removed);
    }

    [Fact]
    public async Task Cluster_LeavesTheGroup_KeepsWhatItHasAndIsTold()
    {
        using var git = new TestGit();
        git.Commit(("apps/web/a.yaml", "a"), ("apps/api/a.yaml", "a"), ("apps/db/a.yaml", "a"));
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris", ("env", "prod"), ("tier", "one"));
        await hub.ApplySourceAsync("shop", git.Url);
        await hub.ApplyGroupAsync("production", "env", "prod");
        await hub.ApplyGroupAsync("tier", "tier", "one");
        var uid = await hub.ApplyAssignmentAsync("web", Web("production"));
        var stays = Web("tier");
        stays.Path = "apps/api";
        var other = await hub.ApplyAssignmentAsync("api", stays);
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await FlowHub.EventuallyAsync(() => Task.FromResult(agent.Targets.Count), count => count == 2, "both targets");

        await hub.LabelAsync(cluster, ("tier", "one"));

        await FlowHub.EventuallyAsync(() => hub.TargetsAsync(uid), rows => rows.Count == 0, "the end of the removal");
        Assert.Equal([uid], agent.Removed);
        Assert.Equal([other], agent.Targets.Keys);
    }

    [Fact]
    public async Task Group_Deleted_RemovesNothing()
    {
        using var git = new TestGit();
        git.Commit(("apps/web/a.yaml", "a"));
        await using var hub = await FlowHub.StartAsync();
        await hub.AddClusterAsync("paris", ("env", "prod"));
        await hub.ApplySourceAsync("shop", git.Url);
        await hub.ApplyGroupAsync("production", "env", "prod");
        var uid = await hub.ApplyAssignmentAsync("web", Web("production"));
        await FlowHub.EventuallyAsync(() => hub.TargetsAsync(uid), rows => rows.Count == 1, "the target");

        await hub.Database.WriteAsync(async (tx, cancel) =>
        {
            var group = await hub.Stores.Resources.GetAsync(tx, "ClusterGroup", "production", cancel);
            await hub.Stores.Resources.RemoveAsync(tx, group!, cancel);
            await hub.Stores.Work.RaiseAsync(tx, Fleet.Hub.Work.WorkKinds.Membership, Fleet.Hub.Work.WorkKinds.All, hub.Database.Clock.GetUtcNow(), cancel);
        }, default);

        await FlowHub.EventuallyAsync(() => hub.StatusAsync(uid), status => status.Conditions.Any(condition => condition.Type == "GroupsReadable"), "the condition");
        Assert.Null(Assert.Single(await hub.TargetsAsync(uid)).TombstoneCause);
    }
}
