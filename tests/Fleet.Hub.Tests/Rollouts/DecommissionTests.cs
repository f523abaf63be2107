using Fleet.Hub.Access;
using Fleet.Hub.Api.Ports;
using Fleet.Hub.Core.Access;
using Fleet.Hub.Tests.Flow;
using Fleet.Hub.Tests.Sessions;
using Fleet.V1;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Hub.Tests.Rollouts;

/// <summary>Taking a cluster out of the fleet.</summary>
public class DecommissionTests
{
    private static readonly Caller Ann = new("ann", Role.Admin);

    private static Task<DecommissionClusterResponse?> DecommissionAsync(FlowHub hub, string policy = "", bool force = false) =>
        hub.Services.GetRequiredService<IDecommissions>().DecommissionAsync(new DecommissionClusterRequest { Name = "paris", Policy = policy, Force = force }, 7, Ann, default);

    private static async Task<string[]> ActionsAsync(FlowHub hub) =>
        [.. (await hub.Database.ReadAsync((tx, cancel) => hub.Stores.Audit.ListAsync(tx, new Storage.Audit.AuditFilter(), null, 50, cancel), default)).Select(row => $"{row.Actor} {row.Action}")];

    [Theory]
    [InlineData("", RemovalPolicy.Keep)]
    [InlineData("delete", RemovalPolicy.Delete)]
    public async Task Decommission_Connected_EndsTheIdentityOnceTheAgentHasLetGo(string policy, RemovalPolicy expected)
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await SessionSteps.GiveAsync(hub, cluster, "a1");
        await SessionSteps.GiveAsync(hub, cluster, "a2");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await FlowHub.EventuallyAsync(() => Task.FromResult(agent.Targets.Count), count => count == 2, "the targets");
        agent.Drain();

        var response = await DecommissionAsync(hub, policy);

        Assert.Equal((2, false), (response!.Assignments, response.Done));
        var delta = (await agent.NextAsync(HubMessage.MessageOneofCase.DesiredDelta)).DesiredDelta;
        Assert.All(delta.Tombstones, tombstone => Assert.Equal((RemovalCause.ClusterDecommissioned, expected), (tombstone.Cause, tombstone.Policy)));
        Assert.Equal(VerdictKind.Revoked, (await agent.NextAsync(HubMessage.MessageOneofCase.Verdict)).Verdict.Kind);
        Assert.Equal(["a1", "a2"], agent.Removed.Order());
        Assert.Equal("Revoked", await hub.ClusterStateAsync(cluster));
        var actions = await ActionsAsync(hub);
        Assert.Contains("ann cluster.decommission", actions);
        Assert.Contains("hub cluster.decommissioned", actions);
        Assert.Contains(cluster, await hub.Database.ReadAsync(hub.Stores.Revocations.AllAsync, default));
    }

    [Fact]
    public async Task Decommission_Offline_WaitsUntilTheAgentIsBack()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await SessionSteps.GiveAsync(hub, cluster, "a1");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await FlowHub.EventuallyAsync(() => Task.FromResult(agent.Targets.Count), count => count == 1, "the target");
        await agent.DisconnectAsync();

        Assert.False((await DecommissionAsync(hub))!.Done);
        // A rollout that had been decided before writes once more; that does not bring the cluster back.
        await SessionSteps.GiveAsync(hub, cluster, "a3");
        Assert.NotEqual("Revoked", await hub.ClusterStateAsync(cluster));

        await agent.ConnectAsync();
        await FlowHub.EventuallyAsync(() => hub.ClusterStateAsync(cluster), state => state == "Revoked", "the end of the identity");
        Assert.Empty(await hub.Database.ReadAsync((tx, cancel) => hub.Stores.Targets.OfClusterAsync(tx, cluster, 0, cancel), default));
    }

    [Fact]
    public async Task Decommission_Force_EndsAtOnceAndSaysWhatStaysBehind()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await SessionSteps.GiveAsync(hub, cluster, "a1");

        var response = await DecommissionAsync(hub, force: true);

        Assert.True(response!.Done);
        Assert.Contains("7 objects of a1", response.Message, StringComparison.Ordinal);
        Assert.Equal("Revoked", await hub.ClusterStateAsync(cluster));
        Assert.Contains("ann cluster.decommission-forced", await ActionsAsync(hub));
        Assert.True((await DecommissionAsync(hub))!.Done);
    }

    [Fact]
    public async Task Decommission_NothingAssigned_IsDoneAtOnce()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await DecommissionAsync(hub);
        await FlowHub.EventuallyAsync(() => hub.ClusterStateAsync(cluster), state => state == "Revoked", "the end of the identity");
    }
}
