using Fleet.Hub.Access;
using Fleet.Hub.Api.Ports;
using Fleet.Hub.Core.Access;
using Fleet.Hub.Sessions;
using Fleet.Hub.Storage.Identity;
using Fleet.Hub.Storage.Postgres;
using Fleet.Hub.Storage.Sessions;
using Fleet.Hub.Tests.Flow;
using Fleet.Hub.Tests.Sessions;
using Fleet.Testing.Postgres;
using Fleet.Testing.Time;
using Fleet.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Hub.Tests.TwoNodes;

/// <summary>Two hub nodes over one PostgreSQL.</summary>
public class TwoNodesTests
{
    private static readonly Caller Ann = new("ann", Role.Admin);

    private static async Task<(FlowHub Hub, PostgresDatabase Database)> NodeAsync(string connection, string name, Action<SessionOptions>? sessions = null)
    {
        var database = await PostgresDatabase.OpenAsync(connection, name, TimeProvider.System, NullLoggerFactory.Instance, default);
        return (await FlowHub.StartAsync(sessions, database: database, node: name), database);
    }

    private static FakeAgent Copy(FlowHub hub, string cluster, FakeAgent of, byte[]? continuity = null, bool sameProcess = true) => new(hub, cluster)
    {
        Continuity = continuity ?? of.Continuity,
        Lineage = of.Lineage,
        Generation = of.Generation,
        Chain = of.Chain,
        BootId = sameProcess ? of.BootId : Guid.NewGuid().ToString("N"),
    };

    [Fact]
    public async Task AssignmentAppliedAtOneNode_ReachesTheSessionHeldByTheOther()
    {
        using var git = new TestGit();
        git.Commit(("apps/web/a.yaml", "a"));
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var (one, first) = await NodeAsync(connection, "node-1");
        await using var endsFirst = first;
        await using var endsOne = one;
        var (two, second) = await NodeAsync(connection, "node-2");
        await using var endsSecond = second;
        await using var endsTwo = two;

        var cluster = await one.AddClusterAsync("paris", ("env", "prod"));
        await using var agent = await new FakeAgent(two, cluster).ConnectAsync();
        await one.ApplySourceAsync("shop", git.Url);
        await one.ApplyGroupAsync("production", "env", "prod");
        var spec = new AssignmentSpec { Source = "shop", Ref = "main", Path = "apps/web" };
        spec.Groups.Add("production");
        var uid = await one.ApplyAssignmentAsync("web", spec);

        await FlowHub.EventuallyAsync(() => one.StatusAsync(uid), status => status.Counts?.Ready == 1, "Ready, at the node that holds no session");
        await agent.FetchAsync(agent.Request(agent.Targets[uid]));
        Assert.Equal(agent.Targets[uid].ClosureDigest, ClosureDigests.Of(agent.Objects.Keys));

        // Asked at one node, answered by the agent at the other: a sync, and a preview with the content that it needs.
        var sync = await one.Services.GetRequiredService<ISyncRequests>().SyncAsync(new SyncRequest { Assignment = "web" }, Ann, default);
        Assert.Equal(1, sync.Clusters);
        Assert.Equal(uid, (await agent.NextAsync(HubMessage.MessageOneofCase.Command)).Command.Reconcile.AssignmentUid);
        agent.Answers = command => new CommandResult { Ok = true, Preview = new PlanPreview { Unchanged = command.PreviewPlan is null ? 0 : 3 } };
        var preview = await one.Services.GetRequiredService<IPlanPreviews>().PreviewAsync(
            [new Assignment { Metadata = new ObjectMeta { Name = "web", Uid = uid }, Spec = spec }], new DiffRequest(), Ann, default);
        Assert.Equal(3, Assert.Single(preview.Diffs).Preview?.Unchanged);
        agent.Answers = null;

        // The agent comes back at the other node: the older session there is ended by the fence.
        await using var moved = Copy(one, cluster, agent);
        await moved.ConnectAsync();
        Assert.Equal(VerdictKind.Superseded, (await agent.NextAsync(HubMessage.MessageOneofCase.Verdict)).Verdict.Kind);
        var commit = git.Commit(("apps/web/a.yaml", "b"));
        await FlowHub.EventuallyAsync(() => Task.FromResult(moved.Targets.GetValueOrDefault(uid)), target => target?.Revision == commit, "the next commit, at the new node");
    }

    [Fact]
    public async Task NodeThatDied_ItsClustersGoOffline_AndComeBackAtTheOther()
    {
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var (one, first) = await NodeAsync(connection, "node-1", options => (options.SuspectAfter, options.OfflineAfter) = (TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1)));
        await using var endsFirst = first;
        await using var endsOne = one;
        var cluster = await one.AddClusterAsync("paris");

        // What a killed process leaves: a lease that nobody renews, and sessions under its name.
        await one.Database.WriteAsync(async (tx, cancel) =>
        {
            var now = one.Database.Clock.GetUtcNow();
            await one.Stores.Nodes.RenewAsync(tx, new HubNode("node-2", "dead", "", "", now, now + TimeSpan.FromSeconds(1)), now, cancel);
            await one.Stores.Sync.AttachAsync(tx, new SessionAttach(cluster, "node-2", "s", "boot", [], [], 0), now, cancel);
            await one.Stores.Clusters.TransitionAsync(tx, cluster, "Connected", now, now, cancel);
        }, default);

        await FlowHub.EventuallyAsync(() => SessionSteps.SyncAsync(one, cluster), sync => sync!.SessionId is null, "the dead node's session ended by the other");
        await FlowHub.EventuallyAsync(() => one.ClusterStateAsync(cluster), state => state == "Offline", "Offline, counted by the node that lives");
        await using var agent = await new FakeAgent(one, cluster) { BootId = "boot" }.ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Welcome);
        await FlowHub.EventuallyAsync(() => one.ClusterStateAsync(cluster), state => state == "Connected", "Connected again");
        Assert.True(agent.Welcome!.Fence > 1);
    }

    [Fact]
    public async Task CloneAtTheOtherNode_WhileTheFirstIsLive_QuarantinesBoth()
    {
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var (one, first) = await NodeAsync(connection, "node-1");
        await using var endsFirst = first;
        await using var endsOne = one;
        var (two, second) = await NodeAsync(connection, "node-2");
        await using var endsSecond = second;
        await using var endsTwo = two;
        var cluster = await one.AddClusterAsync("paris");
        await using var agent = await new FakeAgent(one, cluster).ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Welcome);
        var old = agent.Continuity;
        for (var i = 0; i < 2; i++)
        {
            await agent.DisconnectAsync();
            await agent.ConnectAsync();
            await agent.NextAsync(HubMessage.MessageOneofCase.Welcome);
        }

        await using var clone = Copy(two, cluster, agent, old, sameProcess: false);
        await clone.ConnectAsync();

        Assert.Equal(VerdictKind.Quarantined, (await clone.NextAsync(HubMessage.MessageOneofCase.Verdict)).Verdict.Kind);
        Assert.Equal(VerdictKind.Quarantined, (await agent.NextAsync(HubMessage.MessageOneofCase.Verdict)).Verdict.Kind);
        Assert.Equal("Quarantined", await two.ClusterStateAsync(cluster));
    }

    [Fact]
    public async Task RestoredSecretAtTheOtherNode_WhileNobodyIsLive_GetsNothingUntilReleased()
    {
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var (one, first) = await NodeAsync(connection, "node-1");
        await using var endsFirst = first;
        await using var endsOne = one;
        var (two, second) = await NodeAsync(connection, "node-2");
        await using var endsSecond = second;
        await using var endsTwo = two;
        var cluster = await one.AddClusterAsync("paris");
        await using var agent = await new FakeAgent(one, cluster).ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Welcome);
        var old = agent.Continuity;
        for (var i = 0; i < 2; i++)
        {
            await agent.DisconnectAsync();
            await agent.ConnectAsync();
            await agent.NextAsync(HubMessage.MessageOneofCase.Welcome);
        }

        await agent.DisconnectAsync();
        await FlowHub.EventuallyAsync(() => SessionSteps.SyncAsync(one, cluster), sync => sync!.SessionId is null, "the detach");
        await SessionSteps.GiveAsync(one, cluster, "a1");

        await using var restored = Copy(two, cluster, agent, old, sameProcess: false);
        await restored.ConnectAsync();
        await restored.NextAsync(HubMessage.MessageOneofCase.Heartbeat);
        Assert.Empty(restored.Targets);

        // Released at the node that does not hold it: the fence ends it there, and it comes back to everything.
        await one.ReleaseIncidentAsync(SessionIncidents.NameOf(IncidentReasons.RestoredSecret, "paris"));
        await restored.WaitEndAsync();
        await restored.ConnectAsync();
        await FlowHub.EventuallyAsync(() => Task.FromResult(restored.Targets.Count), count => count == 1, "the target");
    }

    [Fact]
    public async Task NodeCutFromTheDatabase_EndsItsSessionsAfterAMinute()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var database = await PostgresDatabase.OpenAsync(await server.CreateDatabaseAsync(), "node-1", TimeProvider.System, NullLoggerFactory.Instance, default);
        var clock = new ManualTime();
        var sessions = new SessionDirectory();
        using var session = new LiveSession(Guid.NewGuid().ToString(), "s", 1, clock);
        sessions.Add(session);
        var stores = new Storage.FleetStores();
        using var guard = new SessionGuard(
            database, stores.Sync, stores.Clusters, sessions, new NodeIdentity("node-1", "boot"), new SessionOptions { Poll = TimeSpan.FromMilliseconds(10) }, clock, NullLogger<SessionGuard>.Instance);
        await server.StopAsync();
        await guard.StartAsync(default);
        var ended = session.Outbox.NextAsync(default);
        var begun = clock.Elapsed;
        for (var i = 0; i < 3_000 && !ended.IsCompleted; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }

        Assert.Equal(VerdictKind.RetryLater, (await ended.WaitAsync(TimeSpan.FromSeconds(5))).Message!.Verdict.Kind);
        Assert.True(clock.Elapsed - begun >= SessionGuard.BlindAtMost);
        await guard.StopAsync(default);
    }
}
