using Fleet.V1;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Hub.Tests.Api;

public sealed class ApplyTests
{
    internal const string Source = "apiVersion: fleet/v1\nkind: GitSource\nmetadata: {name: apps}\nspec: {url: \"https://git.example.com/a.git\"}\n";
    internal const string Group = "---\napiVersion: fleet/v1\nkind: ClusterGroup\nmetadata: {name: all}\nspec: {selector: {}}\n";
    internal const string Web = "---\napiVersion: fleet/v1\nkind: Assignment\nmetadata: {name: web}\nspec: {source: apps, path: web, groups: [all]}\n";

    [Fact]
    public async Task Apply_NewChangedSame_CreatedConfiguredUnchanged()
    {
        await using var hub = await TestHub.StartAsync();
        Assert.Equal(["created", "created", "created"], Actions(await hub.ApplyAsync(Source + Group + Web)));
        Assert.Equal(["unchanged", "unchanged", "unchanged"], Actions(await hub.ApplyAsync(Source + Group + Web)));

        var labelled = await hub.ApplyAsync(Web.Replace("{name: web}", "{name: web, labels: {team: a}}", StringComparison.Ordinal));
        Assert.Equal(["configured"], Actions(labelled));
        Assert.Equal(1, labelled.Results[0].Resource.Assignment.Metadata.Generation);

        var moved = (await hub.ApplyAsync(Web.Replace("path: web", "path: web2", StringComparison.Ordinal))).Results[0].Resource.Assignment;
        Assert.Equal((2, "web2"), (moved.Metadata.Generation, moved.Spec.Path));
        Assert.Empty(moved.Metadata.Labels);
        Assert.NotEqual(labelled.Results[0].Resource.Assignment.Metadata.ResourceVersion, moved.Metadata.ResourceVersion);
    }

    [Fact]
    public async Task Apply_WhatGetGives_Unchanged()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ApplyAsync(Source + Group + Web);
        var web = await hub.Api.GetAsync(new GetRequest { Kind = "Assignment", Name = "web" });
        Assert.NotEmpty(web.Assignment.Status.Conditions);
        Assert.Equal(["unchanged"], Actions(await hub.Api.ApplyAsync(new ApplyRequest { Resources = { web } })));
        Assert.Equal(["unchanged"], Actions(await hub.ApplyAsync(web.Assignment.ToString())));
    }

    [Fact]
    public async Task Apply_OneMistakeAmongMany_NothingStored()
    {
        await using var hub = await TestHub.StartAsync();
        var e = await hub.ApplyFailsAsync(Source + Group + Web.Replace("groups: [all]", "groups: [al]", StringComparison.Ordinal));
        Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
        Assert.Empty((await hub.Api.ListAsync(new ListRequest { Kind = "GitSource" })).Items);
        Assert.DoesNotContain((await hub.Api.ListAsync(new ListRequest { Kind = "AuditEvent", PageSize = 10 })).Items, i => i.AuditEvent.Action != "apikey.create");
    }

    [Fact]
    public async Task Apply_MistakesOfFormMeaningAndReference_AllAtOnceWithPlaces()
    {
        await using var hub = await TestHub.StartAsync();
        var files = new ApplyRequest
        {
            Files =
            {
                new SourceFile { Name = "a.yaml", Content = Source.Replace("https:", "file:", StringComparison.Ordinal) },
                new SourceFile { Name = "b.yaml", Content = Web.Replace("path: web", "pth: web, adopt: maybe", StringComparison.Ordinal) },
                new SourceFile { Name = "c.yaml", Content = "{" },
            },
        };
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.ApplyAsync(files));
        var places = e.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations.Select(v => v.Field).ToArray();
        Assert.Equal(places.Order(StringComparer.Ordinal), places);
        Assert.Contains("a.yaml:4:13:spec.url", places);
        Assert.Contains("b.yaml:5:22:spec.pth", places);
        Assert.Contains("b.yaml:5:39:spec.adopt", places);
        Assert.Contains(places, p => p.StartsWith("b.yaml:5:", StringComparison.Ordinal) && p.EndsWith(":spec.groups[0]", StringComparison.Ordinal));
        Assert.Contains(places, p => p.StartsWith("c.yaml:", StringComparison.Ordinal));
        Assert.Equal(places.Length, e.GetRpcStatus()!.GetDetail<ApplyErrors>()!.Violations.Count);
    }

    [Fact]
    public async Task Apply_ReferenceWithinTheCall_InAnyOrder()
    {
        await using var hub = await TestHub.StartAsync();
        Assert.Equal(3, (await hub.ApplyAsync(Web + Group + "---\n" + Source)).Results.Count);
    }

    [Fact]
    public async Task Apply_ReferenceToMissingCredential_SaysHowToStoreIt()
    {
        await using var hub = await TestHub.StartAsync();
        var e = await hub.ApplyFailsAsync(Source.Replace("a.git\"", "a.git\", credential: bot", StringComparison.Ordinal));
        Assert.Contains("fleetctl credential set bot", e.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_SameResourceTwiceInOneCall_NamesBoth()
    {
        await using var hub = await TestHub.StartAsync();
        var e = await hub.ApplyFailsAsync(Source + "---\n" + Source);
        Assert.Contains("first at test.yaml:1", e.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_StaleResourceVersion_Refused()
    {
        await using var hub = await TestHub.StartAsync();
        var first = (await hub.ApplyAsync(Source)).Results[0].Resource;
        await hub.ApplyAsync(Source.Replace("a.git", "b.git", StringComparison.Ordinal));
        first.GitSource.Spec.PollInterval = "1m";
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.ApplyAsync(new ApplyRequest { Resources = { first } }));
        Assert.Contains("changed since it was read", e.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("resources[0].metadata.resourceVersion", e.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_DryRun_SaysWhatWouldHappenAndStoresNothing()
    {
        await using var hub = await TestHub.StartAsync();
        Assert.Equal(["created"], Actions(await hub.ApplyAsync(Source, dryRun: true)));
        Assert.Empty((await hub.Api.ListAsync(new ListRequest { Kind = "GitSource" })).Items);
    }

    [Fact]
    public async Task Apply_Nothing_Refused()
    {
        await using var hub = await TestHub.StartAsync();
        Assert.Contains("no resource", (await hub.ApplyFailsAsync("# only a comment\n---\n")).Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_UnknownCluster_PointsToEnrollment()
    {
        await using var hub = await TestHub.StartAsync();
        var e = await hub.ApplyFailsAsync("apiVersion: fleet/v1\nkind: Cluster\nmetadata: {name: prod-1}\n");
        Assert.Contains("fleetctl token create", e.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_ClusterLabels_TakingAssignmentsAwayIsRefused()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new Enrollment.TestAgent();
        await agent.EnrollAsync(hub, await hub.TokenAsync(change: s => s.Labels["env"] = "prod"));
        await hub.ApplyAsync(Source + Group.Replace("selector: {}", "selector: {matchLabels: {env: prod}}", StringComparison.Ordinal) + Web);

        // No word of labels takes none away.
        Assert.Equal(["configured"], Actions(await hub.ApplyAsync("apiVersion: fleet/v1\nkind: Cluster\nmetadata: {name: prod-1}\nspec: {description: first}\n")));
        var e = await hub.ApplyFailsAsync("apiVersion: fleet/v1\nkind: Cluster\nmetadata: {name: prod-1, labels: {env: test}}\n");
        Assert.Contains("would lose 1 Assignment (web)", e.Status.Detail, StringComparison.Ordinal);

        var label = new LabelClusterRequest { Name = "prod-1", Remove = { "env" } };
        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.LabelClusterAsync(label))).StatusCode);
        label.Confirm = true;
        Assert.Empty((await hub.Api.LabelClusterAsync(label)).Metadata.Labels);
    }

    [Fact]
    public async Task Apply_EveryChange_LeavesAnAuditRow()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ApplyAsync(Source + Group + Web);
        await hub.ApplyAsync(Source.Replace("a.git", "b.git", StringComparison.Ordinal));
        var actions = (await hub.Api.ListAsync(new ListRequest { Kind = "AuditEvent" })).Items.Select(i => i.AuditEvent);
        Assert.Contains(actions, a => a is { Action: "gitsource.apply", Actor: "admin", Target: "GitSource/apps" });
        Assert.Contains(actions, a => a.Action == "assignment.create");
        var ofWeb = (await hub.Api.ListAsync(new ListRequest { Kind = "AuditEvent", Assignment = "web" })).Items;
        Assert.Contains(ofWeb, a => a.AuditEvent.Action == "assignment.create");
    }

    internal static IEnumerable<string> Actions(ApplyResponse response) => response.Results.Select(r => r.Action);
}
