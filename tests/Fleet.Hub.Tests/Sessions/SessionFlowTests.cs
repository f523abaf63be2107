using Fleet.Hub.Tests.Flow;
using Fleet.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Hub.Tests.Sessions;

/// <summary>The session's rules, over the wire.</summary>
public class SessionFlowTests
{
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
        await SessionSteps.GiveAsync(hub, cluster, "a1");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.DesiredIndex);
        await FlowHub.EventuallyAsync(() => SessionSteps.SyncAsync(hub, cluster), sync => sync!.AckedGeneration == 1, "the ack");
        await agent.DisconnectAsync();

        await SessionSteps.GiveAsync(hub, cluster, "a2");
        await agent.ConnectAsync();
        var delta = (await agent.NextAsync(HubMessage.MessageOneofCase.DesiredDelta)).DesiredDelta;

        Assert.Equal("a2", Assert.Single(delta.Upserts).AssignmentUid);
        Assert.Equal((1ul, 2ul), (delta.BaseGeneration, delta.Generation));
        // A change while it is connected needs no new Hello.
        await SessionSteps.GiveAsync(hub, cluster, "a1", "r2");
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
        var sync = await SessionSteps.SyncAsync(hub, cluster);
        Assert.Equal((newer.Welcome!.SessionId, (long)newer.Welcome.Fence), (sync!.SessionId, sync.Fence));
        Assert.True(newer.Welcome.Fence > older.Welcome!.Fence);
    }

    [Fact]
    public async Task Report_OfAnOlderFence_IsNotStored()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        await SessionSteps.GiveAsync(hub, cluster, "a1");
        await using var agent = new FakeAgent(hub, cluster) { Says = _ => ReportPhase.Progressing };
        await agent.ConnectAsync();
        await FlowHub.EventuallyAsync(() => SessionSteps.ReportOfAsync(hub, cluster, "a1"), report => report is not null, "the report");

        // Another node has taken the session over; this one does not know yet.
        await hub.Database.WriteAsync((tx, cancel) => hub.Stores.Sync.AttachAsync(
            tx, new Storage.Sessions.SessionAttach(cluster, "node-2", "other", "", [], [], 0), DateTimeOffset.UtcNow, cancel), default);
        await agent.ReportAsync(new Report { AssignmentUid = "a1", Revision = "r1", Phase = ReportPhase.Ready });

        Assert.Equal(VerdictKind.Superseded, (await agent.NextAsync(HubMessage.MessageOneofCase.Verdict)).Verdict.Kind);
        Assert.Equal("Progressing", (await SessionSteps.ReportOfAsync(hub, cluster, "a1"))!.Phase);
    }

    [Fact]
    public async Task Report_OfAnAssignmentThatIsAnothers_IsNotStored()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        var other = await hub.AddClusterAsync("rome");
        await SessionSteps.GiveAsync(hub, cluster, "mine");
        await SessionSteps.GiveAsync(hub, other, "theirs");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.DesiredIndex);

        await agent.ReportAsync(new Report { AssignmentUid = "theirs", Revision = "r1", Phase = ReportPhase.Ready });
        await agent.ReportAsync(new Report { AssignmentUid = "mine", Revision = "r9", Phase = ReportPhase.Failed });
        await FlowHub.EventuallyAsync(() => SessionSteps.ReportOfAsync(hub, cluster, "mine"), report => report?.Revision == "r9", "the report");

        Assert.Null(await SessionSteps.ReportOfAsync(hub, cluster, "theirs"));
        Assert.Null(await SessionSteps.ReportOfAsync(hub, other, "theirs"));
    }

    [Fact]
    public async Task NeedSpecs_OfAnotherCluster_AreNotGiven()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        var other = await hub.AddClusterAsync("rome");
        await SessionSteps.GiveAsync(hub, cluster, "mine");
        var secret = new TargetSpec { AssignmentUid = "theirs", ServiceAccount = "kube-system/secret" };
        await SessionSteps.GiveAsync(hub, other, "theirs", spec: secret);
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
        Assert.Equal(0, (await SessionSteps.SyncAsync(hub, cluster))!.AckedGeneration);
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
        await agent.WaitEndAsync();
        Assert.True(agent.Ended is RpcException { StatusCode: StatusCode.InvalidArgument }, $"{what}: {agent.Ended}");
        Assert.Null((await SessionSteps.SyncAsync(hub, cluster))!.SessionId);
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
        await FlowHub.EventuallyAsync(() => SessionSteps.SyncAsync(hub, cluster), sync => sync!.SessionId is null, "the detach");
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
        await SessionSteps.GiveAsync(hub, cluster, "a1");
        await SessionSteps.GiveAsync(hub, cluster, "a2");
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await FlowHub.EventuallyAsync(() => SessionSteps.ReportOfAsync(hub, cluster, "a2"), report => report is not null, "the report");
        await agent.DisconnectAsync();

        agent.Reports.TryRemove("a2", out _);
        await agent.ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.ReportFull);
        await FlowHub.EventuallyAsync(() => SessionSteps.ReportOfAsync(hub, cluster, "a2"), report => report is null, "the end of the report");
        Assert.NotNull(await SessionSteps.ReportOfAsync(hub, cluster, "a1"));
        await agent.DisconnectAsync();

        await agent.ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Heartbeat);
        Assert.DoesNotContain(agent.Drain(), message => message.MessageCase == HubMessage.MessageOneofCase.ReportFull);
    }
}
