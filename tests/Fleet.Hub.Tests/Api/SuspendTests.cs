using Fleet.Hub.Tests.Enrollment;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.Hub.Tests.Api;

/// <summary>Break-glass over a cluster or an Assignment.</summary>
public class SuspendTests
{
    private const string Assignment = """
        apiVersion: fleet/v1
        kind: Assignment
        metadata: {name: web}
        spec: {source: apps, ref: main, path: web, groups: [prod]}
        """;

    private const string Group = """
        apiVersion: fleet/v1
        kind: ClusterGroup
        metadata: {name: prod}
        spec: {selector: {matchLabels: {env: prod}}}
        ---
        """;

    [Fact]
    public async Task Suspend_Assignment_IsShownAudited_OutlivesAnApply_AndIsResumed()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ApplyAsync(ApplyTests.Source + "\n---\n" + Group + "\n" + Assignment);

        var shown = (await hub.Api.SuspendAsync(new SuspendRequest { Kind = "Assignment", Name = "web", For = "1h", Reason = "the database is full" })).Assignment;
        Assert.True(shown.Spec.Suspend);
        var condition = Assert.Single(shown.Status.Conditions, c => c.Type == "Suspended");
        Assert.Contains("the database is full", condition.Message, StringComparison.Ordinal);

        // A pipeline's next apply says nothing of it, and must not end it.
        Assert.Equal("unchanged", (await hub.ApplyAsync(Assignment)).Results.Single().Action);
        Assert.NotNull((await GetAsync(hub)).Spec.SuspendUntil);

        var resumed = (await hub.Api.ResumeAsync(new ResumeRequest { Kind = "Assignment", Name = "web" })).Assignment;
        Assert.False(resumed.Spec.Suspend);
        Assert.DoesNotContain(resumed.Status.Conditions, c => c.Type == "Suspended");
        var audit = (await hub.Api.ListAsync(new ListRequest { Kind = "AuditEvent", Assignment = "web" })).Items.Select(i => i.AuditEvent).ToArray();
        Assert.Contains(audit, row => row.Action == "assignment.suspend" && row.Message.Contains("the database is full", StringComparison.Ordinal));
        Assert.Contains(audit, row => row.Action == "assignment.resume");
    }

    [Fact]
    public async Task Suspend_TimeIsUp_IsShownNoMore()
    {
        var clock = new Fleet.Testing.Time.ShiftedTime();
        await using var hub = await TestHub.StartAsync(clock);
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, await hub.TokenAsync());
        var shown = (await hub.Api.SuspendAsync(new SuspendRequest { Kind = "cluster", Name = agent.Name, For = "30m", Reason = "an incident" })).Cluster;
        Assert.Contains(shown.Status.Conditions, c => c.Type == "Suspended");

        clock.Shift = TimeSpan.FromMinutes(31);
        Assert.DoesNotContain((await hub.Api.GetAsync(new GetRequest { Kind = "Cluster", Name = agent.Name })).Cluster.Status.Conditions, c => c.Type == "Suspended");
    }

    [Theory]
    [InlineData("Assignment", "1h", "")]
    [InlineData("Assignment", "soon", "a reason")]
    [InlineData("Assignment", "31d", "a reason")]
    [InlineData("GitSource", "1h", "a reason")]
    public async Task Suspend_WithoutAReasonOrATime_IsRefused(string kind, string time, string reason)
    {
        await using var hub = await TestHub.StartAsync();
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.SuspendAsync(new SuspendRequest { Kind = kind, Name = "apps", For = time, Reason = reason }));
        Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
    }

    [Fact]
    public async Task Decommission_NeedsTheNameAgain_AndSaysWhatItWouldDo()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, await hub.TokenAsync());
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.DecommissionClusterAsync(new DecommissionClusterRequest { Name = agent.Name }));
        Assert.Equal("CONFIRM", EnrollmentTests.Reason(e));
        Assert.Null(await agent.KnockAsync(hub));

        var forced = await hub.Api.DecommissionClusterAsync(new DecommissionClusterRequest { Name = agent.Name, Confirm = agent.Name, Force = true });
        Assert.True(forced.Done);
        Assert.NotNull(await agent.KnockAsync(hub));
        Assert.Equal("Revoked", (await hub.Api.GetAsync(new GetRequest { Kind = "Cluster", Name = agent.Name })).Cluster.Status.State);
    }

    private static async Task<Assignment> GetAsync(TestHub hub) => (await hub.Api.GetAsync(new GetRequest { Kind = "Assignment", Name = "web" })).Assignment;
}
