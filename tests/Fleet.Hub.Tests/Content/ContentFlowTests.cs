using Fleet.Hub.Tests.Flow;
using Fleet.V1;
using Fleet.Testing.Seeds;
using Grpc.Core;

namespace Fleet.Hub.Tests.Content;

/// <summary>Who gets which Git objects, over the wire.</summary>
public class ContentFlowTests
{
    private static async Task<(FlowHub Hub, TestGit Git, string Cluster, string Uid)> StartAsync(params (string Path, string Text)[] files)
    {
        var git = new TestGit();
        git.Commit(files);
        var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris", ("env", "prod"));
        await hub.ApplySourceAsync("shop", git.Url);
        await hub.ApplyGroupAsync("production", "env", "prod");
        return (hub, git, cluster, await AssignAsync(hub, "web", "apps/web", "production"));
    }

    private static Task<string> AssignAsync(FlowHub hub, string name, string path, string group)
    {
        var spec = new AssignmentSpec { Source = "shop", Ref = "main", Path = path };
        spec.Groups.Add(group);
        return hub.ApplyAssignmentAsync(name, spec);
    }

    private static async Task<Target> TargetAsync(FakeAgent agent, string uid) =>
        await FlowHub.EventuallyAsync(() => Task.FromResult(agent.Targets.GetValueOrDefault(uid)), target => target is not null, "the target") ?? throw new InvalidOperationException();

    private static async Task<StatusCode> RefusedAsync(FakeAgent agent, GetContentRequest request) =>
        (await Assert.ThrowsAsync<RpcException>(() => agent.FetchAsync(request))).StatusCode;

    [Fact]
    public async Task GetContent_AnotherClustersAssignment_IsDenied()
    {
        var (hub, git, cluster, _) = await StartAsync(("apps/web/a.yaml", "a"), ("apps/secret/a.yaml", "s"));
        await using var ends = hub;
        using var gone = git;
        var other = await hub.AddClusterAsync("rome", ("env", "lab"));
        await hub.ApplyGroupAsync("lab", "env", "lab");
        var theirs = await AssignAsync(hub, "secret", "apps/secret", "lab");
        await using var rome = await new FakeAgent(hub, other).ConnectAsync();
        await using var paris = await new FakeAgent(hub, cluster).ConnectAsync();
        var target = await TargetAsync(rome, theirs);
        await paris.NextAsync(HubMessage.MessageOneofCase.Welcome);

        Assert.Equal(StatusCode.PermissionDenied, await RefusedAsync(paris, paris.Request(target)));
        Assert.Empty(paris.Objects);
    }

    [Fact]
    public async Task GetContent_AnotherCommit_IsDenied()
    {
        var (hub, git, cluster, uid) = await StartAsync(("apps/web/a.yaml", "a"));
        await using var ends = hub;
        using var gone = git;
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        var request = agent.Request(await TargetAsync(agent, uid));
        var later = git.Commit(("apps/other/a.yaml", "b"));
        request.Commit = later;
        Assert.Equal(StatusCode.PermissionDenied, await RefusedAsync(agent, request));
    }

    [Fact]
    public async Task GetContent_ObjectOutsideThePath_IsDenied()
    {
        var (hub, git, cluster, uid) = await StartAsync(("apps/web/a.yaml", "a"), ("apps/other/secret.yaml", "s"));
        await using var ends = hub;
        using var gone = git;
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        var request = agent.Request(await TargetAsync(agent, uid));

        // Its name and id are in the tree that the agent rightly has; its bytes are not for it.
        request.Want.Add(git.Run("rev-parse", "HEAD:apps/other/secret.yaml").Trim());
        Assert.Equal(StatusCode.PermissionDenied, await RefusedAsync(agent, request));

        request.Want.Clear();
        await agent.FetchAsync(request);
        Assert.DoesNotContain(git.Run("rev-parse", "HEAD:apps/other/secret.yaml").Trim(), agent.Objects.Keys);
        Assert.DoesNotContain(git.Run("rev-parse", "HEAD:apps/other").Trim(), agent.Objects.Keys);
    }

    [Fact]
    public async Task GetContent_NotTheLiveSession_IsRefused()
    {
        var (hub, git, cluster, uid) = await StartAsync(("apps/web/a.yaml", "a"));
        await using var ends = hub;
        using var gone = git;
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        var request = agent.Request(await TargetAsync(agent, uid));

        var stale = request.Clone();
        stale.Fence--;
        Assert.Equal(StatusCode.FailedPrecondition, await RefusedAsync(agent, stale));
        stale = request.Clone();
        stale.SessionId = "another";
        Assert.Equal(StatusCode.FailedPrecondition, await RefusedAsync(agent, stale));
        await agent.DisconnectAsync();
        await FlowHub.EventuallyAsync(() => hub.ClusterStateAsync(cluster), _ => true, "");
        await FlowHub.EventuallyAsync(
            () => hub.Database.ReadAsync((tx, cancel) => hub.Stores.Sync.GetAsync(tx, cluster, cancel), default), sync => sync!.SessionId is null, "the detach");
        Assert.Equal(StatusCode.FailedPrecondition, await RefusedAsync(agent, request));
    }

    [Theory]
    [InlineData("HEAD")]
    [InlineData("../../etc/passwd")]
    [InlineData("--help")]
    public async Task GetContent_MalformedIds_AreRefused(string oid)
    {
        var (hub, git, cluster, uid) = await StartAsync(("apps/web/a.yaml", "a"));
        await using var ends = hub;
        using var gone = git;
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        var request = agent.Request(await TargetAsync(agent, uid));
        request.Want.Add(oid);
        Assert.Equal(StatusCode.InvalidArgument, await RefusedAsync(agent, request));
    }

    [Fact]
    public async Task GetContent_LargeFile_ComesInSlices()
    {
        var random = TestSeed.For(nameof(GetContent_LargeFile_ComesInSlices)).Random();
        var large = string.Concat(Enumerable.Range(0, 300_000).Select(_ => random.Next().ToString("x8")));
        var (hub, git, cluster, uid) = await StartAsync(("apps/web/large.txt", large));
        await using var ends = hub;
        using var gone = git;
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        var target = await TargetAsync(agent, uid);
        await agent.FetchAsync(agent.Request(target));
        Assert.Equal(target.ClosureDigest, ClosureDigests.Of(agent.Objects.Keys));
    }

    [Fact]
    public async Task GetContent_FlatFolderOfManyFiles_TreeTravelsAsAnEdit()
    {
        var files = Enumerable.Range(0, 2_000).Select(n => ($"apps/web/file-{n:D4}.yaml", $"{n}")).ToArray();
        var (hub, git, cluster, uid) = await StartAsync(files);
        await using var ends = hub;
        using var gone = git;
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        var first = await TargetAsync(agent, uid);
        await agent.FetchAsync(agent.Request(first));

        git.Commit(("apps/web/file-0042.yaml", "changed"));
        var second = await FlowHub.EventuallyAsync(() => Task.FromResult(agent.Targets[uid]), target => target.Revision != first.Revision, "the second commit");
        var bytes = await agent.FetchAsync(agent.Request(second, have: first.ClosureDigest));

        Assert.InRange(bytes, 1, 2_000);
        Assert.Subset(agent.Objects.Keys.ToHashSet(), git.Run("rev-parse", "HEAD", "HEAD^{tree}", "HEAD:apps", "HEAD:apps/web", "HEAD:apps/web/file-0042.yaml").Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet());
    }

    [Fact]
    public async Task GetContent_AfterAForcePush_StillServesWhatIsAssigned()
    {
        var (hub, git, cluster, uid) = await StartAsync(("apps/web/a.yaml", "a"));
        await using var ends = hub;
        using var gone = git;
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        var target = await TargetAsync(agent, uid);
        git.Run("checkout", "-q", "--orphan", "new");
        git.Run("branch", "-D", "main");
        git.Run("reflog", "expire", "--expire=now", "--all");
        git.Run("gc", "-q", "--prune=now");

        await agent.FetchAsync(agent.Request(target));
        Assert.Equal(target.ClosureDigest, ClosureDigests.Of(agent.Objects.Keys));
    }
}
