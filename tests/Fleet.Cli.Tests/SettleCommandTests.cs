using Fleet.V1;

namespace Fleet.Cli.Tests;

/// <summary>What operators settle: holds, suspensions, decommissionings, the CA.</summary>
[Collection("fleetctl")]
public sealed class SettleCommandTests
{
    [Theory]
    [InlineData("release", false)]
    [InlineData("refuse", true)]
    public async Task Hold_ReleasedOrRefused_InTheShortForm(string verb, bool refuse)
    {
        await using var hub = await FakeHub.StartAsync();
        var run = await hub.CtlAsync(verb, "hold/web-removal-1");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(("web-removal-1", refuse), (hub.Api.Settled!.Name, hub.Api.Settled.Refuse));
        Assert.Contains($"hold/web-removal-1 {verb}d", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuse_Incident_IsAMistake()
    {
        await using var hub = await FakeHub.StartAsync();
        Assert.Equal(2, (await hub.CtlAsync("refuse", "incident/fork")).ExitCode);
    }

    [Fact]
    public async Task Suspend_ForAnHour_SendsTimeAndReason()
    {
        await using var hub = await FakeHub.StartAsync();
        var run = await hub.CtlAsync("suspend", "cluster/prod-1", "--for", "1h", "--reason", "a fire");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(("Cluster", "prod-1", "1h", "a fire"), (hub.Api.Suspended!.Kind, hub.Api.Suspended.Name, hub.Api.Suspended.For, hub.Api.Suspended.Reason));
        Assert.Equal(0, (await hub.CtlAsync("resume", "as/web")).ExitCode);
    }

    [Theory]
    [InlineData("suspend", "cluster/prod-1", "--reason", "x")]
    [InlineData("suspend", "cluster/prod-1", "--for", "1h")]
    [InlineData("suspend", "source/x", "--for", "1h", "--reason", "x")]
    [InlineData("suspend", "cluster/prod-1", "--for", "1h", "--until-resumed", "--reason", "x")]
    public async Task Suspend_WithoutTimeOrReason_IsAMistake(params string[] arguments)
    {
        await using var hub = await FakeHub.StartAsync();
        Assert.Equal(2, (await hub.CtlAsync(arguments)).ExitCode);
        Assert.Null(hub.Api.Suspended);
    }

    [Fact]
    public async Task Decommission_AsksUnlessConfirmed_AndWaits()
    {
        await using var hub = await FakeHub.StartAsync();
        var asked = await hub.CtlAsync("clusters", "decommission", "prod-1");
        Assert.Equal(8, asked.ExitCode);
        Assert.Contains("lets go of", asked.Error, StringComparison.Ordinal);

        hub.Api.Resources.Add(new Resource { Cluster = new Cluster { Kind = "Cluster", Metadata = new ObjectMeta { Name = "prod-1" }, Status = new ClusterStatus { State = "Revoked" } } });
        var run = await hub.CtlAsync("clusters", "decommission", "prod-1", "--yes", "--delete-objects", "--wait");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(("delete", false), (hub.Api.Decommissioned!.Policy, hub.Api.Decommissioned.Force));
        Assert.Contains("cluster/prod-1 decommissioned", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ca_StatusAndFinish_ShowWhoIsBehind()
    {
        await using var hub = await FakeHub.StartAsync();
        var status = await hub.CtlAsync("ca", "status");
        Assert.Contains("sha256:aa", status.Output, StringComparison.Ordinal);
        Assert.Contains("1 clusters do not trust the newest authority yet: prod-1", status.Output, StringComparison.Ordinal);
        Assert.Equal(8, (await hub.CtlAsync("ca", "finish")).ExitCode);
        Assert.Equal(0, (await hub.CtlAsync("ca", "finish", "--yes")).ExitCode);
        Assert.Equal(0, (await hub.CtlAsync("ca", "roll", "--now")).ExitCode);
    }

    [Fact]
    public async Task Describe_WhatIsNotReady_SaysWhyWhoseTurnAndWhenNext()
    {
        await using var hub = await FakeHub.StartAsync();
        hub.Api.Resources.Add(new Resource
        {
            ClusterAssignment = new ClusterAssignment
            {
                Kind = "ClusterAssignment",
                Metadata = new ObjectMeta { Name = "web.prod-1" },
                Spec = new ClusterAssignmentSpec { Cluster = "prod-1", Assignment = "web" },
                Status = new ClusterAssignmentStatus { Phase = "Pending", Outlook = new Outlook { Reason = "AwaitingReport", Owner = "agent", DeadlineTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch) } },
            },
        });
        hub.Api.Resources.Add(new Resource { Assignment = new Assignment { Kind = "Assignment", Metadata = new ObjectMeta { Name = "web" }, Spec = new AssignmentSpec(), Status = new AssignmentStatus() } });
        var run = await hub.CtlAsync("describe", "assignment/web");
        Assert.Contains("AwaitingReport: waits for agent, overdue since 1970", run.Output, StringComparison.Ordinal);
        Assert.Contains("owner: agent", (await hub.CtlAsync("describe", "clusterassignment", "web.prod-1")).Output, StringComparison.Ordinal);
    }
}
