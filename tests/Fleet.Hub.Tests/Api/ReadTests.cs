using Fleet.V1;
using Grpc.Core;

namespace Fleet.Hub.Tests.Api;

public sealed class ReadTests
{
    [Fact]
    public async Task List_Pages_EachItemOnceInOrder()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ApplyAsync(string.Concat(Enumerable.Range(0, 23).Select(Group)));
        var names = new List<string>();
        var request = new ListRequest { Kind = "clustergroups", PageSize = 5 };
        do
        {
            var page = await hub.Api.ListAsync(request);
            Assert.InRange(page.Items.Count, 1, 5);
            names.AddRange(page.Items.Select(i => i.ClusterGroup.Metadata.Name));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(Enumerable.Range(0, 23).Select(i => $"g-{i:00}"), names);
    }

    [Theory]
    [InlineData("tier=a", 12)]
    [InlineData("tier in (a),!odd", 12)]
    [InlineData("tier!=a", 11)]
    [InlineData("tier=none", 0)]
    public async Task List_Selector_AcrossPages(string selector, int count)
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ApplyAsync(string.Concat(Enumerable.Range(0, 23).Select(Group)));
        var found = 0;
        var request = new ListRequest { Kind = "ClusterGroup", LabelSelector = selector, PageSize = 4 };
        do
        {
            var page = await hub.Api.ListAsync(request);
            found += page.Items.Count;
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(count, found);
    }

    public static TheoryData<ListRequest, string> Wrong => new()
    {
        { new ListRequest { Kind = "asignments" }, "Did you mean \"Assignment\"?" },
        { new ListRequest { Kind = "Assignment", LabelSelector = "a in b" }, "not a selector term" },
        { new ListRequest { Kind = "Assignment", PageSize = 100_000 }, "page_size" },
        { new ListRequest { Kind = "Assignment", PageToken = "!!" }, "page_token" },
        { new ListRequest { Kind = "Assignment", PageToken = "R2l0U291cmNlCmE" }, "page_token" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task List_WrongRequest_SaysWhatIsWrong(ListRequest request, string says)
    {
        await using var hub = await TestHub.StartAsync();
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.ListAsync(request));
        Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
        Assert.Contains(says, e.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GitSource")]
    [InlineData("cluster-group")]
    [InlineData("assignments")]
    [InlineData("Cluster")]
    [InlineData("EnrollmentToken")]
    [InlineData("ClusterAssignment")]
    [InlineData("Hold")]
    [InlineData("Incident")]
    [InlineData("AuditEvent")]
    public async Task GetAndList_EveryKind_EmptyAndNotFound(string kind)
    {
        await using var hub = await TestHub.StartAsync();
        await hub.Api.ListAsync(new ListRequest { Kind = kind });
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.GetAsync(new GetRequest { Kind = kind, Name = "a.b.c" }));
        Assert.Equal(StatusCode.NotFound, e.StatusCode);
    }

    [Fact]
    public async Task Watch_ListThenBookmarkThenEveryChange()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ApplyAsync(Group(0) + Group(1));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var call = hub.Api.Watch(new WatchRequest { Kind = "ClusterGroup", LabelSelector = "tier=a" }, cancellationToken: limit.Token);
        await ExpectAsync(call, "ADDED g-00", limit.Token);
        await ExpectAsync(call, "BOOKMARK ", limit.Token);

        await hub.ApplyAsync(Group(2) + Group(3));
        await ExpectAsync(call, "ADDED g-02", limit.Token);
        await hub.ApplyAsync(Group(2).Replace("selector: {}", "names: [x]", StringComparison.Ordinal));
        await ExpectAsync(call, "MODIFIED g-02", limit.Token);

        // Leaving the selector is leaving the watch.
        await hub.ApplyAsync(Group(0).Replace("tier: a", "tier: z", StringComparison.Ordinal));
        await ExpectAsync(call, "DELETED g-00", limit.Token);
        await hub.Api.DeleteAsync(new DeleteRequest { Kind = "ClusterGroup", Name = "g-02" });
        await ExpectAsync(call, "DELETED g-02", limit.Token);
    }

    // Counts that a controller writes into a group's status are changes too, and come when they come.
    private static async Task ExpectAsync(AsyncServerStreamingCall<WatchEvent> call, string expected, CancellationToken cancellationToken)
    {
        var next = await NextAsync(call, cancellationToken);
        while (next != expected && next.StartsWith("MODIFIED ", StringComparison.Ordinal))
        {
            next = await NextAsync(call, cancellationToken);
        }

        Assert.Equal(expected, next);
    }

    [Fact]
    public async Task Watch_Cluster_SeesItEnroll()
    {
        await using var hub = await TestHub.StartAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var call = hub.Api.Watch(new WatchRequest { Kind = "clusters" }, cancellationToken: limit.Token);
        Assert.Equal("BOOKMARK ", await NextAsync(call, limit.Token));
        using var agent = new Enrollment.TestAgent();
        await agent.EnrollAsync(hub, await hub.TokenAsync());
        Assert.Equal("ADDED prod-1", await NextAsync(call, limit.Token));
        await hub.Api.RevokeClusterAsync(new RevokeClusterRequest { Name = "prod-1" });
        Assert.Equal("MODIFIED prod-1", await NextAsync(call, limit.Token));
    }

    [Fact]
    public async Task Watch_HubStops_EndsAtOnceAsUnavailable()
    {
        var hub = await TestHub.StartAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var call = hub.Api.Watch(new WatchRequest { Kind = "clusters" }, cancellationToken: limit.Token);
        Assert.Equal("BOOKMARK ", await NextAsync(call, limit.Token));
        var stopping = hub.Host.StopAsync(limit.Token);
        var e = await Assert.ThrowsAsync<RpcException>(() => NextAsync(call, limit.Token));
        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
        await stopping.WaitAsync(TimeSpan.FromSeconds(5), limit.Token);
        await hub.DisposeAsync();
    }

    private static async Task<string> NextAsync(AsyncServerStreamingCall<WatchEvent> call, CancellationToken cancellationToken)
    {
        Assert.True(await call.ResponseStream.MoveNext(cancellationToken));
        var change = call.ResponseStream.Current;
        return $"{change.Type} {change.Resource?.ClusterGroup?.Metadata.Name ?? change.Resource?.Cluster?.Metadata.Name}";
    }

    private static string Group(int i) =>
        $"---\napiVersion: fleet/v1\nkind: ClusterGroup\nmetadata: {{name: g-{i:00}, labels: {{tier: {(i % 2 == 0 ? "a" : "b")}}}}}\nspec: {{selector: {{}}}}\n";
}
