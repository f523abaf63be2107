using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Kube;
using Fleet.Agent.Kube.Client;
using Fleet.Agent.Kube.Config;

namespace Fleet.Agent.Tests.Kube;

public sealed class KubeClientTests
{
    internal static readonly KubeResource ConfigMaps = new("", "v1", "ConfigMap", "configmaps", true, ["get"]);
    internal static readonly KubeResource Deployments = new("apps", "v1", "Deployment", "deployments", true, ["get"]);
    private const string Object = """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"ns","uid":"u"}}""";
    private static readonly WriteOptions Write = new("fleet-agent");

    internal static KubeApi Client(StubServer server, KubeClientOptions? options = null, ICredentialSource? credentials = null, ServerTrust? trust = null) =>
        new(new(server.Url, trust ?? ServerTrust.System, credentials ?? new FixedCredential(new("secret-token", ""), null)), options ?? new(), TimeProvider.System);

    private static KubeObject Body(string json = Object) => new((JsonObject)JsonNode.Parse(json)!);

    [Fact]
    public async Task Get_Object_SendsPathAndToken()
    {
        await using var server = StubServer.Answering(_ => (200, Object));
        using var api = Client(server);
        var answer = await api.GetAsync(ConfigMaps, "ns", "c", default);
        Assert.Equal("u", answer.Value!.Uid);
        var request = Assert.Single(server.Requests);
        Assert.Equal(("GET", "/api/v1/namespaces/ns/configmaps/c"), (request.Method, request.Target));
        Assert.Equal("Bearer secret-token", request.Header("Authorization"));
        Assert.Equal("application/json", request.Header("Accept"));
    }

    [Fact]
    public async Task Apply_Object_IsForcedStrictAndUnderOurName()
    {
        await using var server = StubServer.Answering(r => (200, r.Body));
        using var api = Client(server);
        await api.ApplyAsync(Deployments, Body("""{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","namespace":"ns"},"spec":{"v":"ä<'"}}"""), new("fleet-agent") { DryRun = true }, default);
        var request = Assert.Single(server.Requests);
        Assert.Equal(("PATCH", "/apis/apps/v1/namespaces/ns/deployments/d"), (request.Method, request.Path));
        Assert.Equal("fieldManager=fleet-agent&force=true&fieldValidation=Strict&dryRun=All", request.Query);
        Assert.Equal("application/apply-patch+yaml", request.Header("Content-Type"));
        Assert.Equal("ä<'", JsonNode.Parse(request.Body)!["spec"]!["v"]!.ToString());
    }

    [Fact]
    public async Task Writes_EachKind_GoWhereTheyShall()
    {
        await using var server = StubServer.Answering(_ => (200, Object));
        using var api = Client(server);
        await api.JsonPatchAsync(ConfigMaps, "ns", "c", [new JsonObject { ["op"] = "test" }], Write, default);
        await api.MergePatchAsync(ConfigMaps, "ns", "c", new() { ["data"] = null }, Write with { Subresource = "status", DryRun = true }, default);
        await api.CreateAsync(ConfigMaps, Body(), Write, default);
        await api.UpdateAsync(ConfigMaps, Body(), Write, default);
        await api.DeleteAsync(ConfigMaps, "ns", "c", new() { Uid = "u", ResourceVersion = "5", Propagation = "Foreground" }, default);
        const string tail = "?fieldManager=fleet-agent&fieldValidation=Strict";
        Assert.Equal(
        [
            "PATCH /api/v1/namespaces/ns/configmaps/c" + tail + " application/json-patch+json [{\"op\":\"test\"}]",
            "PATCH /api/v1/namespaces/ns/configmaps/c/status" + tail + "&dryRun=All application/merge-patch+json {\"data\":null}",
            "POST /api/v1/namespaces/ns/configmaps" + tail + " application/json " + Object,
            "PUT /api/v1/namespaces/ns/configmaps/c" + tail + " application/json " + Object,
            "DELETE /api/v1/namespaces/ns/configmaps/c application/json {\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\",\"propagationPolicy\":\"Foreground\",\"preconditions\":{\"uid\":\"u\",\"resourceVersion\":\"5\"}}",
        ], server.Requests.Select(r => $"{r.Method} {r.Target} {r.Header("Content-Type")} {r.Body}"));
    }

    [Fact]
    public async Task List_Pages_CarryTheirItemsKind()
    {
        await using var server = StubServer.Answering(r => (200, r.Target.Contains("continue=t%2F1")
            ? """{"kind":"ConfigMapList","metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"b"}}]}"""
            : """{"kind":"ConfigMapList","metadata":{"resourceVersion":"9","continue":"t/1"},"items":[{"metadata":{"name":"a"}}]}"""));
        using var api = Client(server);
        var first = (await api.ListAsync(ConfigMaps, new() { LabelSelector = "fleet.dev/owner" }, 100, null, default)).Value!;
        Assert.Equal(("ConfigMap", "v1", "a", "t/1"), (first.Items[0].Kind, first.Items[0].ApiVersion, first.Items[0].Name, first.Continue));
        var second = (await api.ListAsync(ConfigMaps, new() { Namespace = "ns" }, 100, first.Continue, default)).Value!;
        Assert.Equal(("b", "", "9"), (second.Items[0].Name, second.Continue, second.ResourceVersion));
        Assert.Equal(["/api/v1/configmaps", "/api/v1/namespaces/ns/configmaps"], server.Requests.Select(r => r.Path));
        Assert.Equal("labelSelector=fleet.dev/owner&limit=100", server.Requests[0].Query);
    }

    [Fact]
    public async Task Impersonating_AllCalls_CarryTheUser()
    {
        await using var server = StubServer.Answering(r => (200, r.Target.Contains("watch=true") ? "" : """{"status":{"allowed":true},"gitVersion":"v1.36.2"}"""));
        using var api = Client(server);
        var other = api.Impersonating("system:serviceaccount:ns:sa");
        Assert.True((await other.IsAllowedAsync(new("list", "", "secrets") { Namespace = "ns" }, default)).Value);
        await foreach (var _ in other.WatchAsync(ConfigMaps, new(), "1", default)) Assert.Fail("no event was sent");
        Assert.All(server.Requests, r => Assert.Equal("system:serviceaccount:ns:sa", r.Header("Impersonate-User")));
        Assert.Equal("v1.36.2", (await api.GetServerVersionAsync(default)).Value!.GitVersion);
        Assert.Equal("", server.Requests[^1].Header("Impersonate-User"));
    }

    [Fact]
    public async Task Error_Status_IsCarriedWhole()
    {
        await using var server = StubServer.Answering(_ => (409, """
            {"kind":"Status","apiVersion":"v1","status":"Failure","message":"Apply failed with 1 conflict","reason":"Conflict","code":409,
             "details":{"name":"c","kind":"configmaps","causes":[{"reason":"FieldManagerConflict","message":"conflict with \"alice\"","field":".data.a"}]}}
            """));
        using var api = Client(server);
        var error = (await api.GetAsync(ConfigMaps, "ns", "c", default)).Error!;
        Assert.Equal((KubeFailure.Status, 409, "Conflict", "configmaps", "c"), (error.Failure, error.HttpStatus, error.Reason, error.DetailsKind, error.DetailsName));
        Assert.Equal(new(".data.a", "FieldManagerConflict", "conflict with \"alice\""), Assert.Single(error.Causes));
    }

    [Theory]
    [InlineData("Retry-After: 7", 7)]
    [InlineData("Retry-After: 0.5", 0.5)]
    [InlineData("Retry-After: Mon, 01 Jan 2001 00:00:00 GMT", 0)]
    [InlineData("X-None: 1", 3)]
    public async Task Error_429_CarriesRetryAfter(string header, double seconds)
    {
        await using var server = new StubServer((_, s, ct) => StubServer.ReplyAsync(s, 429, """{"kind":"Status","reason":"TooManyRequests","details":{"retryAfterSeconds":3}}""", ct, header));
        using var api = Client(server);
        var error = (await api.GetAsync(ConfigMaps, "ns", "c", default)).Error!;
        Assert.Equal(TimeSpan.FromSeconds(seconds), error.RetryAfter);
        Assert.Equal(ErrorKind.Waiting, ErrorJudge.Judge(error).Kind);
    }

    [Fact]
    public async Task Error_ProxysOwnPage_IsQuotedInBrief()
    {
        await using var server = StubServer.Answering(_ => (502, "<html>" + new string('x', 5000)));
        using var api = Client(server);
        var error = (await api.GetAsync(ConfigMaps, "ns", "c", default)).Error!;
        Assert.Equal(502, error.HttpStatus);
        Assert.Equal(500, error.Message.Length);
    }

    [Fact]
    public async Task Call_ServerHangs_TimesOutAndOthersGoOn()
    {
        await using var server = new StubServer(async (r, s, ct) =>
        {
            if (r.Path.EndsWith("/hangs", StringComparison.Ordinal)) await Task.Delay(Timeout.Infinite, ct);
            await StubServer.ReplyAsync(s, 200, Object, ct);
        });
        using var api = Client(server, new() { CallTimeout = TimeSpan.FromMilliseconds(500) });
        var hangs = api.GetAsync(ConfigMaps, "ns", "hangs", default);
        Assert.True((await api.GetAsync(ConfigMaps, "ns", "c", default)).IsOk);
        Assert.Equal(KubeFailure.TimedOut, (await hangs).Error!.Failure);
    }

    [Fact]
    public async Task Call_BodyHangsHalfway_TimesOut()
    {
        await using var server = new StubServer(async (_, s, ct) =>
        {
            await s.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\""u8.ToArray(), ct);
            await Task.Delay(Timeout.Infinite, ct);
        });
        using var api = Client(server, new() { CallTimeout = TimeSpan.FromMilliseconds(300) });
        Assert.Equal(KubeFailure.TimedOut, (await api.GetAsync(ConfigMaps, "ns", "c", default)).Error!.Failure);
    }

    [Fact]
    public async Task Call_CallersCancellation_Throws()
    {
        using var stop = new CancellationTokenSource();
        await using var server = new StubServer(async (_, _, ct) =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, ct);
        });
        using var api = Client(server);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => api.GetAsync(ConfigMaps, "ns", "c", stop.Token));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answer_TooLarge_IsRefused(bool lengthIsSaid)
    {
        await using var server = new StubServer(async (_, s, ct) =>
        {
            if (lengthIsSaid)
            {
                await StubServer.ReplyAsync(s, 200, new string(' ', 2 << 20), ct);
                return;
            }
            await StubServer.StartStreamAsync(s, ct);
            var block = new byte[64 << 10];
            while (true) await s.WriteAsync(block, ct); // Endless: only the client's limit ends it.
        });
        using var api = Client(server, new() { MaxObjectBytes = 1 << 20 });
        var error = (await api.GetAsync(ConfigMaps, "ns", "c", default)).Error!;
        Assert.Equal((KubeFailure.Unreadable, "the answer is larger than 1 MiB"), (error.Failure, error.Message));
    }

    [Fact]
    public async Task Answer_NoJson_IsUnreadable()
    {
        await using var server = StubServer.Answering(_ => (200, "hello"));
        using var api = Client(server);
        Assert.Equal(KubeFailure.Unreadable, (await api.GetAsync(ConfigMaps, "ns", "c", default)).Error!.Failure);
    }

    [Fact]
    public async Task Redirect_AnyWhere_IsNotFollowedWithTheToken()
    {
        await using var thief = StubServer.Answering(_ => (200, Object));
        await using var server = new StubServer((_, s, ct) => StubServer.ReplyAsync(s, 302, "", ct, $"Location: {thief.Url}"));
        using var api = Client(server);
        Assert.Equal(302, (await api.GetAsync(ConfigMaps, "ns", "c", default)).Error!.HttpStatus);
        Assert.Empty(thief.Requests);
    }

    [Fact]
    public async Task Server_NotThere_IsUnreachable()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var api = new KubeApi(new(new($"http://127.0.0.1:{port}"), ServerTrust.System, new FixedCredential(KubeCredential.None, null)), new(), TimeProvider.System);
        var error = (await api.GetAsync(ConfigMaps, "ns", "c", default)).Error!;
        Assert.Equal(KubeFailure.Unreachable, error.Failure);
    }

    [Theory]
    [InlineData("..", "ns")]
    [InlineData(".", "ns")]
    [InlineData("", "ns")]
    [InlineData("c", "..")]
    [InlineData("c", "")]
    public void Path_NameThatLeadsElsewhere_IsRefused(string name, string ns) => Assert.Throws<ArgumentException>(() => ConfigMaps.ObjectPath(ns, name));

    [Fact]
    public void Path_OddNames_AreEscaped()
    {
        var roles = new KubeResource("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false, []);
        Assert.Equal("/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aa%2Fb%3Fc", roles.ObjectPath("", "system:a/b?c"));
    }

    [Fact]
    public void Credential_AsText_ShowsNothing() => Assert.DoesNotContain("hunter2", new KubeCredential("hunter2", "").ToString() + new KubeCredential("", "hunter2"));
}
