using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Fleet.Hub.Tests.Api;

public sealed class RestTests
{
    [Fact]
    public async Task Rest_ApplyListGetDelete_AsGrpc()
    {
        await using var hub = await TestHub.StartAsync();
        var http = hub.Http(hub.AdminKey);
        var applied = await SendAsync(http, HttpMethod.Post, "/api/v1/apply?file=web.yaml", ApplyTests.Source + ApplyTests.Group + ApplyTests.Web);
        Assert.Equal("created", (string?)applied["results"]![0]!["action"]);
        var list = await SendAsync(http, HttpMethod.Get, "/api/v1/assignments?limit=1");
        Assert.Equal(("AssignmentList", "web"), ((string?)list["kind"], (string?)list["items"]![0]!["metadata"]!["name"]));
        var one = await SendAsync(http, HttpMethod.Get, "/api/v1/gitsources/apps");
        Assert.Equal("https://git.example.com/a.git", (string?)one["spec"]!["url"]);

        // What was read can be applied as it is.
        var again = await SendAsync(http, HttpMethod.Post, "/api/v1/apply", one.ToJsonString());
        Assert.Equal("unchanged", (string?)again["results"]![0]!["action"]);
        await SendAsync(http, HttpMethod.Delete, "/api/v1/assignments/web?confirm=web&policy=keep");
        var version = await SendAsync(http, HttpMethod.Post, "/api/v1/rpc/GetVersion", "{}");
        Assert.Equal("SQLite", (string?)version["database"]);
    }

    [Fact]
    public async Task Rest_Pages_ByContinue()
    {
        await using var hub = await TestHub.StartAsync();
        var http = hub.Http(hub.AdminKey);
        await hub.ApplyAsync(ApplyTests.Group + ApplyTests.Group.Replace("name: all", "name: b", StringComparison.Ordinal));
        var first = await SendAsync(http, HttpMethod.Get, "/api/v1/clustergroups?limit=1");
        var second = await SendAsync(http, HttpMethod.Get, "/api/v1/clustergroups?limit=1&continue=" + first["metadata"]!["continue"]);
        Assert.Equal("b", (string?)second["items"]![0]!["metadata"]!["name"]);
        Assert.Null(second["metadata"]!["continue"]);
    }

    [Theory]
    [InlineData("GET", "/api/v1/nothings", null, 404, "NOT_FOUND")]
    [InlineData("GET", "/api/v1/gitsources/none", null, 404, "NOT_FOUND")]
    [InlineData("GET", "/api/v1/gitsources?limit=many", null, 400, "INVALID_ARGUMENT")]
    [InlineData("GET", "/api/v1/gitsources?labelSelector=a%20in%20b", null, 400, "INVALID_ARGUMENT")]
    [InlineData("GET", "/api/v1/a/b/c", null, 404, "NOT_FOUND")]
    [InlineData("PUT", "/api/v1/gitsources/x", "{}", 404, "NOT_FOUND")]
    [InlineData("POST", "/api/v1/apply", "kind: [", 400, "INVALID_ARGUMENT")]
    [InlineData("POST", "/api/v1/apply", "", 400, "INVALID_ARGUMENT")]
    [InlineData("POST", "/api/v1/rpc/CreateTken", "{}", 404, "NOT_FOUND")]
    [InlineData("POST", "/api/v1/rpc/CreateToken", "{\"nme\": 1}", 400, "INVALID_ARGUMENT")]
    [InlineData("POST", "/api/v1/rpc/CreateToken", "{", 400, "INVALID_ARGUMENT")]
    [InlineData("POST", "/api/v1/rpc/CreateToken", "[]", 400, "INVALID_ARGUMENT")]
    [InlineData("DELETE", "/api/v1/auditevents/x", null, 412, "FAILED_PRECONDITION")]
    public async Task Rest_Failure_StatusAsJson(string method, string path, string? body, int code, string status)
    {
        await using var hub = await TestHub.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : new StringContent(body) };
        using var response = await hub.Http(hub.AdminKey).SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(code == (int)response.StatusCode, $"{(int)response.StatusCode}: {text}");
        var json = JsonNode.Parse(text)!;
        Assert.Equal(status, (string?)json["status"]);
        Assert.NotNull(json["message"]);
        Assert.NotNull(json["violations"]);
    }

    [Fact]
    public async Task Rest_Violations_OneByOne()
    {
        await using var hub = await TestHub.StartAsync();
        using var response = await hub.Http(hub.AdminKey).PostAsync("/api/v1/apply?file=w.yaml", new StringContent(ApplyTests.Web));
        var violation = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["violations"]![0]!;
        Assert.Equal(("w.yaml", "spec.source", 5), ((string?)violation["file"], (string?)violation["key"], (int)violation["line"]!));
    }

    [Theory]
    [InlineData("GET", "/api/v1/clusters")]
    [InlineData("GET", "/api/v1/clusters?watch=true")]
    [InlineData("POST", "/api/v1/apply")]
    [InlineData("POST", "/api/v1/rpc/ListApiKeys")]
    [InlineData("DELETE", "/api/v1/clusters/x")]
    public async Task Rest_WithoutKey_401(string method, string path)
    {
        await using var hub = await TestHub.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await hub.Http(null).SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task Rest_Watch_ServerSentEvents()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ApplyAsync(ApplyTests.Group);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var response = await hub.Http(hub.AdminKey).GetAsync("/api/v1/clustergroups?watch=true", HttpCompletionOption.ResponseHeadersRead, limit.Token);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(limit.Token));
        Assert.Equal(("added", "all"), await EventAsync(reader, limit.Token));
        Assert.Equal(("bookmark", null), await EventAsync(reader, limit.Token));
        await hub.ApplyAsync(ApplyTests.Group.Replace("name: all", "name: b", StringComparison.Ordinal));
        // The first group's status may be written meanwhile, which is a change of it.
        var next = await EventAsync(reader, limit.Token);
        while (next == ("modified", "all"))
        {
            next = await EventAsync(reader, limit.Token);
        }

        Assert.Equal(("added", "b"), next);
    }

    private static async Task<(string, string?)> EventAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var type = await reader.ReadLineAsync(cancellationToken);
        var data = await reader.ReadLineAsync(cancellationToken);
        Assert.Equal("", await reader.ReadLineAsync(cancellationToken));
        return (type!["event: ".Length..], (string?)JsonNode.Parse(data!["data: ".Length..])!["object"]?["metadata"]?["name"]);
    }

    private static async Task<JsonNode> SendAsync(HttpClient http, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8) };
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }
}
