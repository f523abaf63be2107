using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Targets;
using Fleet.Hub.Tests.Enrollment;
using Fleet.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Hub.Tests.Api;

/// <summary>A loss of Assignments by a label, confirmed by the operator, is not asked for a second time.</summary>
public class ConfirmedLabelTests
{
    private const string Rest = """

        ---
        apiVersion: fleet/v1
        kind: ClusterGroup
        metadata: {name: prod}
        spec: {selector: {matchLabels: {env: prod}}}
        ---
        apiVersion: fleet/v1
        kind: Assignment
        metadata: {name: web}
        spec: {source: apps, ref: main, path: web, groups: [prod]}
        """;

    [Fact]
    public async Task Label_ThatTakesTheLastAssignment_ConfirmedOnce_IsNotHeldAgain()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, await hub.TokenAsync(change: spec => spec.Labels["env"] = "prod"));
        await hub.ApplyAsync(ApplyTests.Source + Rest);
        var (database, stores) = (hub.Host.Services.GetRequiredService<FleetDatabase>(), hub.Host.Services.GetRequiredService<FleetStores>());
        var cluster = agent.Identity!.ClusterId;
        var uid = (await hub.Api.GetAsync(new GetRequest { Kind = "Assignment", Name = "web" })).Assignment.Metadata.Uid;
        await database.WriteAsync(async (tx, cancel) =>
        {
            var state = await stores.Hub.GetAsync(tx, cancel);
            var change = TargetChange.Set(cluster, uid, "web", new string('a', 40), new string('b', 64), new string('c', 64), "audit");
            await stores.Targets.ChangeAsync(tx, [change], state!.Lineage.ToBytes(), DateTimeOffset.UtcNow, cancel);
        }, default);

        var request = new LabelClusterRequest { Name = agent.Name, Remove = { "env" } };
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.LabelClusterAsync(request));
        Assert.Equal("WOULD_LOSE_ASSIGNMENTS", EnrollmentTests.Reason(e));
        request.Confirm = true;
        await hub.Api.LabelClusterAsync(request);

        var target = await Flow.FlowHub.EventuallyAsync(
            () => database.ReadAsync((tx, cancel) => stores.Targets.GetAsync(tx, cluster, uid, cancel), default), row => row is null or { IsTombstone: true }, "the removal, without a second question");
        Assert.True(target is null || target.TombstonePolicy == nameof(RemovalPolicy.Keep));
        Assert.Empty((await hub.Api.ListAsync(new ListRequest { Kind = "Hold" })).Items);
    }
}
