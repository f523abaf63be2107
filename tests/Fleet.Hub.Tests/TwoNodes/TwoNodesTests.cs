using Fleet.Hub.Storage.Postgres;
using Fleet.Hub.Tests.Flow;
using Fleet.Testing.Postgres;
using Fleet.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Hub.Tests.TwoNodes;

/// <summary>Two hub nodes over one PostgreSQL.</summary>
public class TwoNodesTests
{
    private static async Task<(FlowHub Hub, PostgresDatabase Database)> NodeAsync(string connection, string name)
    {
        var database = await PostgresDatabase.OpenAsync(connection, name, TimeProvider.System, NullLoggerFactory.Instance, default);
        return (await FlowHub.StartAsync(database: database, node: name), database);
    }

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

        // The agent comes back at the other node: the older session there is ended by the fence.
        await using var moved = new FakeAgent(one, cluster)
        {
            Continuity = agent.Continuity, Lineage = agent.Lineage, Generation = agent.Generation, Chain = agent.Chain, BootId = agent.BootId,
        };
        await moved.ConnectAsync();
        Assert.Equal(VerdictKind.Superseded, (await agent.NextAsync(HubMessage.MessageOneofCase.Verdict)).Verdict.Kind);
        var commit = git.Commit(("apps/web/a.yaml", "b"));
        await FlowHub.EventuallyAsync(() => Task.FromResult(moved.Targets.GetValueOrDefault(uid)), target => target?.Revision == commit, "the next commit, at the new node");
    }
}
