using Fleet.Hub.Sessions;
using Fleet.Hub.Storage.Targets;
using Fleet.Hub.Tests.Flow;
using Fleet.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Hub.Tests.Sessions;

/// <summary>The session's rules, over the wire.</summary>
public class SessionFlowTests
{
    private static Task GiveAsync(FlowHub hub, string cluster, string assignment, string revision = "r1", TargetSpec? spec = null) => hub.Database.WriteAsync(async (tx, cancel) =>
    {
        var content = SpecDigests.Canonical(spec ?? new TargetSpec { AssignmentUid = assignment });
        var digest = await hub.Stores.Specs.PutAsync(tx, content, DateTimeOffset.UtcNow, cancel);
        var state = await hub.Stores.Hub.GetAsync(tx, cancel);
        var change = TargetChange.Set(cluster, assignment, assignment, revision, digest, new string('c', 64), "audit");
        await hub.Stores.Targets.ChangeAsync(tx, [change], state!.Lineage.ToBytes(), DateTimeOffset.UtcNow, cancel);
    }, default);

    private static Task<Storage.Sessions.ClusterSync?> SyncAsync(FlowHub hub, string cluster) =>
        hub.Database.ReadAsync((tx, cancel) => hub.Stores.Sync.GetAsync(tx, cluster, cancel), default);

    private static Task<Storage.Reports.StoredReport?> ReportOfAsync(FlowHub hub, string cluster, string assignment) =>
        hub.Database.ReadAsync((tx, cancel) => hub.Stores.Reports.GetAsync(tx, cluster, assignment, cancel), default);

    private static async Task<StatusCode> EndOfAsync(FakeAgent agent)
    {
        await agent.WaitEndAsync();
        return Assert.IsType<RpcException>(agent.Ended).StatusCode;
    }

    [Fact]
    public async Task Hello_Twice_ResumesByDelta()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await GiveAsync(hub, cluster, "a1");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.DesiredIndex);
        await FlowHub.EventuallyAsync(() => SyncAsync(hub, cluster), sync => sync!.AckedGeneration == 1, "the ack");
        await agent.DisconnectAsync();

        await GiveAsync(hub, cluster, "a2");
        await agent.ConnectAsync();
        var delta = (await agent.NextAsync(HubMessage.MessageOneofCase.DesiredDelta)).DesiredDelta;

        Assert.Equal("a2", Assert.Single(delta.Upserts).AssignmentUid);
        Assert.Equal((1ul, 2ul), (delta.BaseGeneration, delta.Generation));
        // A change while it is connected needs no new Hello.
        await GiveAsync(hub, cluster, "a1", "r2");
        Assert.Equal("r2", Assert.Single((await agent.NextAsync(HubMessage.MessageOneofCase.DesiredDelta)).DesiredDelta.Upserts).Revision);
    }

    [Fact]
    public async Task Session_NewerOne_SupersedesTheOlder()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await using var older = await new FakeAgent(hub, cluster).ConnectAsync();
        await older.NextAsync(HubMessage.MessageOneofCase.Welcome);
        await using var newer = new FakeAgent(hub, cluster) { Continuity = older.Continuity, BootId = older.BootId };
        await newer.ConnectAsync();

        Assert.Equal(VerdictKind.Superseded, (await older.NextAsync(HubMessage.MessageOneofCase.Verdict)).Verdict.Kind);
        await older.WaitEndAsync();
        await newer.NextAsync(HubMessage.MessageOneofCase.Welcome);
        var sync = await SyncAsync(hub, cluster);
        Assert.Equal((newer.Welcome!.SessionId, (long)newer.Welcome.Fence), (sync!.SessionId, sync.Fence));
        Assert.True(newer.Welcome.Fence > older.Welcome!.Fence);
    }

    [Fact]
    public async Task Report_OfAnOlderFence_IsNotStored()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await GiveAsync(hub, cluster, "a1");
        await using var agent = new FakeAgent(hub, cluster) { Says = _ => ReportPhase.Progressing };
        await agent.ConnectAsync();
        await FlowHub.EventuallyAsync(() => ReportOfAsync(hub, cluster, "a1"), report => report is not null, "the report");

        // Another node has taken the session over; this one does not know yet.
        await hub.Database.WriteAsync((tx, cancel) => hub.Stores.Sync.AttachAsync(
            tx, new Storage.Sessions.SessionAttach(cluster, "node-2", "other", "", [], [], 0), DateTimeOffset.UtcNow, cancel), default);
        await agent.ReportAsync(new Report { AssignmentUid = "a1", Revision = "r1", Phase = ReportPhase.Ready });

        Assert.Equal(VerdictKind.Superseded, (await agent.NextAsync(HubMessage.MessageOneofCase.Verdict)).Verdict.Kind);
        Assert.Equal("Progressing", (await ReportOfAsync(hub, cluster, "a1"))!.Phase);
    }

    [Fact]
    public async Task Report_OfAnAssignmentThatIsAnothers_IsNotStored()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        var other = await hub.AddClusterAsync("rome");
        await GiveAsync(hub, cluster, "mine");
        await GiveAsync(hub, other, "theirs");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.DesiredIndex);

        await agent.ReportAsync(new Report { AssignmentUid = "theirs", Revision = "r1", Phase = ReportPhase.Ready });
        await agent.ReportAsync(new Report { AssignmentUid = "mine", Revision = "r9", Phase = ReportPhase.Failed });
        await FlowHub.EventuallyAsync(() => ReportOfAsync(hub, cluster, "mine"), report => report?.Revision == "r9", "the report");

        Assert.Null(await ReportOfAsync(hub, cluster, "theirs"));
        Assert.Null(await ReportOfAsync(hub, other, "theirs"));
    }

    [Fact]
    public async Task NeedSpecs_OfAnotherCluster_AreNotGiven()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        var other = await hub.AddClusterAsync("rome");
        await GiveAsync(hub, cluster, "mine");
        var secret = new TargetSpec { AssignmentUid = "theirs", ServiceAccount = "kube-system/secret" };
        await GiveAsync(hub, other, "theirs", spec: secret);
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Specs);

        var own = Assert.Single(agent.Specs).Key;
        await agent.SendAsync(new AgentMessage { NeedSpecs = new NeedSpecs { SpecDigests = { SpecDigests.Of(secret), own } } });
        var given = (await agent.NextAsync(HubMessage.MessageOneofCase.Specs)).Specs.Specs_;

        Assert.Equal([own], given.Select(spec => spec.Digest));
    }

    [Fact]
    public async Task DesiredAck_OfWhatWasNeverSent_EndsTheSession()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Welcome);

        await agent.SendAsync(new AgentMessage { DesiredAck = new DesiredAck { Generation = 7, Chain = ByteString.CopyFrom(new byte[32]), Stage = AckStage.Accepted } });

        Assert.Equal(StatusCode.InvalidArgument, await EndOfAsync(agent));
        Assert.Equal(0, (await SyncAsync(hub, cluster))!.AckedGeneration);
    }

    [Fact]
    public async Task FirstMessage_NotHello_IsRefused()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        using var channel = hub.Channel();
        using var call = new AgentService.AgentServiceClient(channel).Connect(new Metadata { { FlowHub.ClusterHeader, cluster } });
        await call.RequestStream.WriteAsync(new AgentMessage { Heartbeat = new Heartbeat() });
        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    [Fact]
    public async Task Connect_WithoutIdentity_IsRefused()
    {
        await using var hub = await FlowHub.StartAsync();
        using var channel = hub.Channel();
        using var call = new AgentService.AgentServiceClient(channel).Connect();
        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
    }

    public static TheoryData<string, Action<Hello>> MalformedHellos => new()
    {
        { "continuity", hello => hello.Continuity = ByteString.CopyFrom(new byte[5]) },
        { "chain", hello => hello.Chain = ByteString.CopyFrom(new byte[65]) },
        { "boot id", hello => hello.BootId = new string('x', 300) },
        { "protocols", hello => (hello.ProtocolMin, hello.ProtocolMax) = (3, 2) },
    };

    [Theory]
    [MemberData(nameof(MalformedHellos))]
    public async Task Hello_Malformed_IsRefused(string what, Action<Hello> change)
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync(change);
        Assert.True(await EndOfAsync(agent) == StatusCode.InvalidArgument, what);
        Assert.Null((await SyncAsync(hub, cluster))!.SessionId);
    }

    [Fact]
    public async Task Hello_OtherProtocol_GetsAVerdict()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync(hello => (hello.ProtocolMin, hello.ProtocolMax) = (7, 9));
        Assert.Equal(VerdictKind.UnsupportedProtocol, (await agent.NextAsync(HubMessage.MessageOneofCase.Verdict)).Verdict.Kind);
    }

    [Fact]
    public async Task Message_Oversized_EndsTheStream()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Welcome);
        var huge = new Report { AssignmentUid = "a", Message = new string('x', 2 << 20) };
        // The refusal may come while it is still being written.
        await Record.ExceptionAsync(() => agent.SendAsync(new AgentMessage { ReportDelta = new ReportDelta { Seq = 1, Reports = { huge } } }));
        Assert.Equal(StatusCode.ResourceExhausted, await EndOfAsync(agent));
    }

    [Fact]
    public async Task Hello_OlderContinuityOfAnIdleIdentity_WithholdsUntilReleased()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await GiveAsync(hub, cluster, "a1");
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
        await FlowHub.EventuallyAsync(() => SyncAsync(hub, cluster), sync => sync!.SessionId is null, "the detach");

        await GiveAsync(hub, cluster, "a2");
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
        await GiveAsync(hub, cluster, "a1");
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
        await FlowHub.EventuallyAsync(() => SyncAsync(hub, cluster), sync => sync!.AckedGeneration == 41, "the ack");
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

    [Fact]
    public async Task Herd_IsAnsweredWithRetryInfo()
    {
        await using var hub = await FlowHub.StartAsync(options => (options.AdmissionRate, options.AdmissionBurst) = (0.01, 1));
        var cluster = await hub.AddClusterAsync("paris");
        await using var first = await new FakeAgent(hub, cluster).ConnectAsync();
        await first.NextAsync(HubMessage.MessageOneofCase.Welcome);
        await using var second = await new FakeAgent(hub, cluster).ConnectAsync();
        await second.WaitEndAsync();

        var refused = Assert.IsType<RpcException>(second.Ended);
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.True(refused.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan() > TimeSpan.Zero);
    }

    [Fact]
    public async Task SilentAgent_IsCutOff()
    {
        await using var hub = await FlowHub.StartAsync(options => options.Heartbeat = TimeSpan.FromMilliseconds(100));
        var cluster = await hub.AddClusterAsync("paris");
        await using var agent = new FakeAgent(hub, cluster) { Obedient = false };
        await agent.ConnectAsync();
        await agent.WaitEndAsync();
        await FlowHub.EventuallyAsync(() => SyncAsync(hub, cluster), sync => sync!.SessionId is null, "the detach");
    }

    [Fact]
    public async Task StoppedAgent_IsSuspectThenOfflineThenBack()
    {
        await using var hub = await FlowHub.StartAsync(options =>
        {
            options.SuspectAfter = TimeSpan.FromMilliseconds(300);
            options.OfflineAfter = TimeSpan.FromMilliseconds(1_500);
            options.Heartbeat = TimeSpan.FromMilliseconds(100);
        });
        var cluster = await hub.AddClusterAsync("paris");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await FlowHub.EventuallyAsync(() => hub.ClusterStateAsync(cluster), state => state == "Connected", "Connected");
        await agent.DisconnectAsync();
        await FlowHub.EventuallyAsync(() => hub.ClusterStateAsync(cluster), state => state == "Suspect", "Suspect");
        await FlowHub.EventuallyAsync(() => hub.ClusterStateAsync(cluster), state => state == "Offline", "Offline");
        await agent.ConnectAsync();
        await FlowHub.EventuallyAsync(() => hub.ClusterStateAsync(cluster), state => state == "Connected", "Connected again");
    }

    [Fact]
    public async Task Stop_AsksAgentsToComeBack()
    {
        var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Welcome);
        await hub.DisposeAsync();
        Assert.True((await agent.NextAsync(HubMessage.MessageOneofCase.Drain)).Drain.MaxDelay.ToTimeSpan() > TimeSpan.Zero);
    }

    [Fact]
    public async Task Snapshot_EndsReportsThatItDoesNotName()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await GiveAsync(hub, cluster, "a1");
        await GiveAsync(hub, cluster, "a2");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await FlowHub.EventuallyAsync(() => ReportOfAsync(hub, cluster, "a2"), report => report is not null, "the report");
        await agent.DisconnectAsync();

        agent.Reports.TryRemove("a2", out _);
        await agent.ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.ReportFull);
        await FlowHub.EventuallyAsync(() => ReportOfAsync(hub, cluster, "a2"), report => report is null, "the end of the report");
        Assert.NotNull(await ReportOfAsync(hub, cluster, "a1"));
        await agent.DisconnectAsync();

        await agent.ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Heartbeat);
        Assert.DoesNotContain(agent.Drain(), message => message.MessageCase == HubMessage.MessageOneofCase.ReportFull);
    }
}
