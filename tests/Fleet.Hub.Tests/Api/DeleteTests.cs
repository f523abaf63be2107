using Fleet.Hub.Api.Calls;
using Fleet.Hub.Storage;
using Fleet.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Hub.Tests.Api;

public sealed class DeleteTests
{
    [Theory]
    [InlineData("GitSource", "apps")]
    [InlineData("ClusterGroup", "all")]
    public async Task Delete_UsedByAnAssignment_RefusedByName(string kind, string name)
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ApplyAsync(ApplyTests.Source + ApplyTests.Group + ApplyTests.Web);
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.DeleteAsync(new DeleteRequest { Kind = kind, Name = name }));
        Assert.Equal(StatusCode.FailedPrecondition, e.StatusCode);
        Assert.Contains("web", e.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_Unused_Gone()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ApplyAsync(ApplyTests.Source);
        await hub.Api.DeleteAsync(new DeleteRequest { Kind = "gitsources", Name = "apps" });
        Assert.Empty((await hub.Api.ListAsync(new ListRequest { Kind = "GitSource" })).Items);
    }

    [Theory]
    [InlineData("")]
    [InlineData("wbe")]
    public async Task Delete_AssignmentWithoutItsNameAgain_SaysWhatWouldGo(string confirm)
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ApplyAsync(ApplyTests.Source + ApplyTests.Group + ApplyTests.Web);
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.DeleteAsync(new DeleteRequest { Kind = "Assignment", Name = "web", Confirm = confirm }));
        Assert.Equal(StatusCode.FailedPrecondition, e.StatusCode);
        Assert.Contains("0 objects from 0 clusters", e.Status.Detail, StringComparison.Ordinal);
        Assert.Null((await hub.Api.GetAsync(new GetRequest { Kind = "Assignment", Name = "web" })).Assignment.Metadata.DeletionTimestamp);
    }

    [Theory]
    [InlineData("", "delete")]
    [InlineData("keep", "keep")]
    public async Task Delete_AssignmentConfirmed_MarkedWithItsPolicyAndAudited(string policy, string stored)
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ApplyAsync(ApplyTests.Source + ApplyTests.Group + ApplyTests.Web);
        await hub.Api.DeleteAsync(new DeleteRequest { Kind = "Assignment", Name = "web", Confirm = "web", Policy = policy });
        var audit = (await hub.Api.ListAsync(new ListRequest { Kind = "AuditEvent" })).Items;
        Assert.Contains(audit, a => a.AuditEvent.Action == "assignment.delete" && a.AuditEvent.Message.Contains("policy " + stored, StringComparison.Ordinal));

        // Who carries the deletion out may have done so already: no cluster had it.
        var database = hub.Host.Services.GetRequiredService<FleetDatabase>();
        var row = await database.ReadAsync((tx, ct) => hub.Host.Services.GetRequiredService<FleetStores>().Resources.GetAsync(tx, "Assignment", "web", ct), default);
        if (row is not null)
        {
            Assert.NotNull(row.DeletedAt);
            Assert.Equal(stored, Fleet.Hub.Api.Views.DeclaredRows.Read(row).Assignment.Metadata.Annotations[DeleteCall.PolicyAnnotation]);
        }
    }

    [Fact]
    public async Task Apply_OfWhatIsBeingDeleted_Refused()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ApplyAsync(ApplyTests.Source);
        var stores = hub.Host.Services.GetRequiredService<FleetStores>();
        await hub.Host.Services.GetRequiredService<FleetDatabase>().WriteAsync(
            async (tx, ct) =>
            {
                var row = await stores.Resources.LockAsync(tx, "GitSource", "apps", ct);
                await stores.Resources.MarkDeletedAsync(tx, row!, DateTimeOffset.UtcNow, ct);
            },
            default);
        var e = await hub.ApplyFailsAsync(ApplyTests.Source);
        Assert.Contains("being deleted", e.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EnrollmentToken")]
    [InlineData("AuditEvent")]
    public async Task Delete_WhatCannotBe_SaysWhatToDo(string kind)
    {
        await using var hub = await TestHub.StartAsync();
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.DeleteAsync(new DeleteRequest { Kind = kind, Name = "x" }));
        Assert.Equal(StatusCode.FailedPrecondition, e.StatusCode);
    }
}
