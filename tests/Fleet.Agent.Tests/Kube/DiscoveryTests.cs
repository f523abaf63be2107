using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Kube.Client;

namespace Fleet.Agent.Tests.Kube;

public sealed class DiscoveryTests
{
    private const string Core = """{"kind":"APIResourceList","resources":[{"name":"pods","kind":"Pod","namespaced":true,"verbs":["get","list"]},{"name":"pods/log","kind":"Pod","namespaced":true},{"name":"nodes","kind":"Node","namespaced":false}]}""";

    [Fact]
    public async Task Resolve_Known_IsAskedOnce()
    {
        await using var server = StubServer.Answering(_ => (200, Core));
        using var api = KubeClientTests.Client(server);
        var pod = (await api.ResolveAsync(new("", "v1", "Pod"), default)).Value!;
        Assert.Equal(("pods", true, "/api/v1/namespaces/ns/pods/p"), (pod.Plural, pod.Namespaced, pod.ObjectPath("ns", "p")));
        Assert.False((await api.ResolveAsync(new("", "v1", "Node"), default)).Value!.Namespaced);
        Assert.Equal("/api/v1", Assert.Single(server.Requests).Path);
    }

    [Fact]
    public async Task Resolve_UnknownKind_IsAskedAgainOnceItsCrdIsThere()
    {
        var served = false;
        await using var server = StubServer.Answering(_ => served
            ? (200, """{"resources":[{"name":"widgets","kind":"Widget","namespaced":true,"verbs":[]}]}""")
            : (404, """{"kind":"Status","reason":"NotFound","code":404}"""));
        using var api = KubeClientTests.Client(server, new() { UnknownKindLifetime = TimeSpan.FromHours(1) });
        var widget = new GroupVersionKind("example.com", "v1", "Widget");
        var error = (await api.ResolveAsync(widget, default)).Error!;
        Assert.Equal((KubeFailure.UnknownKind, "the cluster serves no kind Widget in example.com/v1"), (error.Failure, error.Message));
        served = true;
        Assert.False((await api.ResolveAsync(widget, default)).IsOk); // Within its lifetime the answer stands.
        Assert.Single(server.Requests);
        api.ForgetGroup("example.com");
        Assert.Equal("widgets", (await api.ResolveAsync(widget, default)).Value!.Plural);
    }

    [Fact]
    public async Task Resolve_NoLifetime_LooksAtOnce()
    {
        await using var server = StubServer.Answering(_ => (404, "{}"));
        using var api = KubeClientTests.Client(server, new() { UnknownKindLifetime = TimeSpan.Zero });
        await api.ResolveAsync(new("example.com", "v1", "Widget"), default);
        await api.ResolveAsync(new("example.com", "v1", "Widget"), default);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Resolve_BrokenApiService_DoesNotSayTheKindIsGone()
    {
        await using var server = StubServer.Answering(_ => (503, """{"kind":"Status","reason":"ServiceUnavailable","code":503}"""));
        using var api = KubeClientTests.Client(server);
        Assert.Equal((KubeFailure.Status, 503), ((await api.ResolveAsync(new("metrics.k8s.io", "v1", "X"), default)).Error! is var e ? (e.Failure, e.HttpStatus) : default));
    }

    [Theory]
    [InlineData("../../api", "v1")]
    [InlineData("..", "v1")]
    [InlineData("a/b", "v1")]
    [InlineData("x", "v1?watch")]
    [InlineData("x", "")]
    public async Task Resolve_GroupThatIsAPath_IsNeverSent(string group, string version)
    {
        await using var server = StubServer.Answering(_ => (200, Core));
        using var api = KubeClientTests.Client(server);
        Assert.Equal(KubeFailure.UnknownKind, (await api.ResolveAsync(new(group, version, "Pod"), default)).Error!.Failure);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Resolve_OneGroupHangs_OthersAnswer()
    {
        await using var server = new StubServer(async (r, s, ct) =>
        {
            if (r.Path.Contains("slow")) await Task.Delay(Timeout.Infinite, ct);
            await StubServer.ReplyAsync(s, 200, Core, ct);
        });
        using var api = KubeClientTests.Client(server, new KubeClientOptions { CallTimeout = TimeSpan.FromSeconds(1) });
        var slow = api.ResolveAsync(new("slow.example.com", "v1", "X"), default);
        Assert.True((await api.ResolveAsync(new("", "v1", "Pod"), default)).IsOk);
        Assert.Equal(KubeFailure.TimedOut, (await slow).Error!.Failure);
    }
}
