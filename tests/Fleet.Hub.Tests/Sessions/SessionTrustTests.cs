using Fleet.Hub.Sessions;
using Fleet.Hub.Tests.Flow;
using Fleet.V1;

namespace Fleet.Hub.Tests.Sessions;

/// <summary>Restored Secrets, clones, forks and revoked identities, over the wire.</summary>
public class SessionTrustTests
{
    [Fact]
    public async Task Hello_OlderContinuityOfAnIdleIdentity_WithholdsUntilReleased()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await SessionSteps.GiveAsync(hub, cluster, "a1");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Welcome);
        var backup = agent.Continuity;
        await agent.DisconnectAsync();
        await agent.ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Welcome);
        await agent.DisconnectAsync();
        await agent.ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Welcome);
        await agent.DisconnectAsync();
        await FlowHub.EventuallyAsync(() => SessionSteps.SyncAsync(hub, cluster), sync => sync!.SessionId is null, "the detach");

        await SessionSteps.GiveAsync(hub, cluster, "a2");
        await using var restored = new FakeAgent(hub, cluster) { Continuity = backup };
        await restored.ConnectAsync();
        await restored.NextAsync(HubMessage.MessageOneofCase.Welcome);
        await restored.NextAsync(HubMessage.MessageOneofCase.Heartbeat);
        Assert.Empty(restored.Targets);
        var name = SessionIncidents.NameOf(IncidentReasons.RestoredSecret, "paris");
        Assert.NotNull(await hub.Database.ReadAsync((tx, cancel) => hub.Stores.Incidents.GetByNameAsync(tx, name, cancel), default));

        await hub.ReleaseIncidentAsync(name);
        await restored.WaitEndAsync();
        await restored.ConnectAsync();
        await FlowHub.EventuallyAsync(() => Task.FromResult(restored.Targets.Count), count => count == 2, "the targets");
    }

    [Fact]
    public async Task Hello_OlderContinuityWhileAnotherIsLive_QuarantinesBoth()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Welcome);
        var copied = agent.Continuity;
        await agent.DisconnectAsync();
        await agent.ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Welcome);
        await agent.DisconnectAsync();
        await agent.ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Welcome);

        await using var clone = new FakeAgent(hub, cluster) { Continuity = copied };
        await clone.ConnectAsync();

        Assert.Equal(VerdictKind.Quarantined, (await clone.NextAsync(HubMessage.MessageOneofCase.Verdict)).Verdict.Kind);
        Assert.Equal(VerdictKind.Quarantined, (await agent.NextAsync(HubMessage.MessageOneofCase.Verdict)).Verdict.Kind);
        Assert.Equal("Quarantined", await hub.ClusterStateAsync(cluster));
        await agent.WaitEndAsync();
        await agent.ConnectAsync();
        Assert.Equal(VerdictKind.Quarantined, (await agent.NextAsync(HubMessage.MessageOneofCase.Verdict)).Verdict.Kind);
    }

    [Fact]
    public async Task Hello_AgentAhead_KeepsWhatItHasUntilTheForkIsReleased()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await SessionSteps.GiveAsync(hub, cluster, "a1");
        await using var agent = new FakeAgent(hub, cluster) { Lineage = [1], Generation = 40, Chain = new byte[32] };
        agent.Answers = command =>
        {
            if (command.ReleaseFork is { } released)
            {
                (agent.Lineage, agent.Generation, agent.Chain) = (released.Lineage.ToByteArray(), released.Generation, released.Chain.ToByteArray());
            }

            return new CommandResult { Ok = true };
        };
        await agent.ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Welcome);
        await agent.NextAsync(HubMessage.MessageOneofCase.Heartbeat);
        Assert.Empty(agent.Targets);
        // The agent told us its old lineage, and a Welcome does not make it ours.
        agent.Lineage = [1];

        await hub.ReleaseIncidentAsync("fork");
        await agent.WaitEndAsync();
        agent.Lineage = [1];
        await agent.ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.DesiredIndex);

        Assert.Equal(41ul, agent.Generation);
        Assert.Single(agent.Targets);
        await FlowHub.EventuallyAsync(() => SessionSteps.SyncAsync(hub, cluster), sync => sync!.AckedGeneration == 41, "the ack");
    }

    [Fact]
    public async Task Revocation_EndsALiveSession()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Welcome);
        await hub.Database.WriteAsync(async (tx, cancel) =>
        {
            var stored = await hub.Stores.Clusters.LockAsync(tx, cluster, cancel);
            await hub.Stores.Clusters.UpdateAsync(tx, stored! with { RevokedAt = DateTimeOffset.UtcNow }, cancel);
            await hub.Stores.Clusters.TransitionAsync(tx, cluster, "Revoked", DateTimeOffset.UtcNow, null, cancel);
            await hub.Stores.Sync.FenceOffAsync(tx, cluster, "", DateTimeOffset.UtcNow, cancel);
        }, default);

        Assert.Equal(VerdictKind.Revoked, (await agent.NextAsync(HubMessage.MessageOneofCase.Verdict)).Verdict.Kind);
        await agent.WaitEndAsync();
        await agent.ConnectAsync();
        Assert.Equal(VerdictKind.Revoked, (await agent.NextAsync(HubMessage.MessageOneofCase.Verdict)).Verdict.Kind);
    }
}
