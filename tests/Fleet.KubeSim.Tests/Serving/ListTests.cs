using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Tests.Serving;

public class ListTests
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task List_SecondPageAfterChanges_ShowsTheStateOfTheFirst()
    {
        await using var api = await WithConfigMapsAsync(5);
        var (_, first) = await api.GetAsync($"{ConfigMaps}?limit=2");
        await api.ApplyAsync($"{ConfigMaps}/cm2", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm2}\ndata: {late: 'yes'}");
        await api.SendAsync(HttpMethod.Delete, $"{ConfigMaps}/cm3");
        await api.ApplyAsync($"{ConfigMaps}/cm4a", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm4a}");

        var (_, second) = await api.GetAsync($"{ConfigMaps}?limit=9&continue={first["metadata"]!["continue"]}");

        Assert.Equal(3, (int)first["metadata"]!["remainingItemCount"]!);
        Assert.Equal(["cm2", "cm3", "cm4"], Names(second));
        Assert.Null(second["items"]![0]!["data"]);
        Assert.Equal((string?)first["metadata"]!["resourceVersion"], (string?)second["metadata"]!["resourceVersion"]);
        Assert.Null(second["metadata"]!["continue"]);
    }

    [Fact]
    public async Task List_PageWithSelector_NoRemainingCountAndPerhapsAnEmptyLastPage()
    {
        await using var api = await WithConfigMapsAsync(4);

        var (_, first) = await api.GetAsync($"{ConfigMaps}?limit=2&labelSelector=half%3Dlow");
        var (_, second) = await api.GetAsync($"{ConfigMaps}?limit=2&labelSelector=half%3Dlow&continue={first["metadata"]!["continue"]}");

        Assert.Equal(["cm0", "cm1"], Names(first));
        Assert.Null(first["metadata"]!["remainingItemCount"]);
        Assert.NotNull(first["metadata"]!["continue"]);
        Assert.Empty(Names(second));
        Assert.Null(second["metadata"]!["continue"]);
    }

    [Fact]
    public async Task List_ContinueAfterCompaction_ExpiredWithATokenThatGoesOn()
    {
        await using var api = await WithConfigMapsAsync(4);
        var (_, first) = await api.GetAsync($"{ConfigMaps}?limit=2");
        await api.ApplyAsync($"{ConfigMaps}/cm2", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm2}\ndata: {late: 'yes'}");
        api.Cluster.CompactHistory();

        var (status, expired) = await api.GetAsync($"{ConfigMaps}?limit=2&continue={first["metadata"]!["continue"]}");
        var (_, rest) = await api.GetAsync($"{ConfigMaps}?limit=2&continue={expired["metadata"]!["continue"]}");

        Assert.Equal(410, status);
        Assert.Equal("Expired", (string?)expired["reason"]);
        Assert.StartsWith("The provided continue parameter is too old to display a consistent list result.", (string?)expired["message"], StringComparison.Ordinal);
        Assert.Equal(["cm2", "cm3"], Names(rest));
        Assert.Equal("yes", (string?)rest["items"]![0]!["data"]!["late"]);
    }

    [Fact]
    public async Task List_ExactOldVersion_PastStateAndGoneAfterCompaction()
    {
        await using var api = await WithConfigMapsAsync(2);
        var version = (string)(await api.GetAsync(ConfigMaps)).Body["metadata"]!["resourceVersion"]!;
        await api.SendAsync(HttpMethod.Delete, $"{ConfigMaps}/cm0");

        var (_, past) = await api.GetAsync($"{ConfigMaps}?resourceVersion={version}&resourceVersionMatch=Exact");
        var (_, legacy) = await api.GetAsync($"{ConfigMaps}?resourceVersion={version}&limit=5");
        var (_, notOlder) = await api.GetAsync($"{ConfigMaps}?resourceVersion={version}&resourceVersionMatch=NotOlderThan");
        api.Cluster.CompactHistory();
        var (status, gone) = await api.GetAsync($"{ConfigMaps}?resourceVersion={version}&resourceVersionMatch=Exact");

        Assert.Equal(["cm0", "cm1"], Names(past));
        Assert.Equal(version, (string?)past["metadata"]!["resourceVersion"]);
        Assert.Equal(["cm0", "cm1"], Names(legacy));
        Assert.Equal(["cm1"], Names(notOlder));
        Assert.Equal((410, "The resourceVersion for the provided list is too old."), (status, (string?)gone["message"]));
    }

    [Fact]
    public async Task List_AnyVersionWithLimit_IsNotCut()
    {
        await using var api = await WithConfigMapsAsync(3);
        Assert.Equal(3, Names((await api.GetAsync($"{ConfigMaps}?resourceVersion=0&limit=1")).Body).Length);
    }

    [Theory]
    [InlineData("limit=abc", 400, "strconv.ParseInt: parsing \"abc\": invalid syntax")]
    [InlineData("timeoutSeconds=1s", 400, "strconv.ParseInt: parsing \"1s\": invalid syntax")]
    [InlineData("limit=99999999999999999999", 400, "strconv.ParseInt: parsing \"99999999999999999999\": value out of range")]
    [InlineData("limit=1&continue=%21", 400, "invalid continue token: continue key is not valid: illegal base64 data at input byte 0")]
    [InlineData("limit=1&continue=abcde", 400, "invalid continue token: continue key is not valid: illegal base64 data at input byte 4")]
    [InlineData("limit=1&continue=eyJ2IjoidjIifQ", 400, "invalid continue token: continue key is not valid: server does not recognize this encoded version v2")]
    [InlineData("limit=1&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ", 400, "invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)")]
    [InlineData("limit=1&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MX0", 400, "invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)")]
    [InlineData("limit=1&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi9hIn0", 400, "invalid continue token: continue key is not valid: ../a")]
    [InlineData("limit=1&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhIn0&resourceVersion=5", 400, "specifying resource version is not allowed when using continue")]
    [InlineData("resourceVersion=99999&resourceVersionMatch=Exact", 504, "Timeout: Too large resource version: 99999, current: ")]
    [InlineData("resourceVersion=99999", 504, "Timeout: Too large resource version: 99999, current: ")]
    [InlineData("watch=1&sendInitialEvents=true&resourceVersionMatch=Exact", 422, "ListOptions.meta.k8s.io \"\" is invalid: [resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: \"Exact\": supported values: \"NotOlderThan\"]")]
    [InlineData("watch=1&resourceVersionMatch=NotOlderThan", 422, "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")]
    [InlineData("watch=1&resourceVersion=abc", 500, "resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax")]
    public async Task List_BadOptions_RefusedInTheServersWords(string query, int expected, string message)
    {
        await using var api = await SimulatedApi.StartAsync();
        var (status, body) = await api.GetAsync($"{ConfigMaps}?{query}");
        Assert.Equal(expected, status);
        Assert.StartsWith(message, (string?)body["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_FutureVersion_TooLargeWithDetails()
    {
        await using var api = await WithConfigMapsAsync(1);
        var (status, body) = await api.GetAsync($"{ConfigMaps}/cm0?resourceVersion=99999");
        Assert.Equal((504, "Timeout"), (status, (string?)body["reason"]));
        Assert.Equal("ResourceVersionTooLarge", (string?)body["details"]!["causes"]![0]!["reason"]);
        Assert.Equal(1, (int)body["details"]!["retryAfterSeconds"]!);
    }

    [Fact]
    public async Task List_AcrossNamespaces_PagesInTheOrderOfStorageKeys()
    {
        await using var api = await SimulatedApi.StartAsync();
        foreach (var ns in new[] { "a", "a-b" })
        {
            await api.SendAsync(HttpMethod.Post, "/api/v1/namespaces", $$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{ns}}" } }""");
            await api.ApplyAsync($"/api/v1/namespaces/{ns}/configmaps/x", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}");
        }

        var seen = new List<string>();
        var next = "";
        do
        {
            var (_, page) = await api.GetAsync($"/api/v1/configmaps?limit=1&continue={next}");
            seen.AddRange(page["items"]!.AsArray().Select(i => $"{i!["metadata"]!["namespace"]}/{i["metadata"]!["name"]}"));
            next = (string?)page["metadata"]!["continue"] ?? "";
        }
        while (next.Length > 0);

        Assert.Equal(["a-b/x", "a/x"], seen);
    }

    [Theory]
    [InlineData("v1", "Metadata", "meta.k8s.io/v1")]
    [InlineData("v1beta1", "", "meta.k8s.io/v1beta1")]
    public async Task List_Table_InTheVersionAskedFor(string version, string include, string expected)
    {
        await using var api = await WithConfigMapsAsync(2);
        api.Http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", $"application/json;as=Table;v={version};g=meta.k8s.io");
        var (_, table) = await api.GetAsync($"{ConfigMaps}?limit=1&includeObject={include}");
        Assert.Equal(("Table", expected), ((string?)table["kind"], (string?)table["apiVersion"]));
        Assert.Equal(expected, (string?)table["rows"]![0]!["object"]!["apiVersion"]);
        Assert.Equal(1, (int)table["metadata"]!["remainingItemCount"]!);
    }

    [Fact]
    public async Task List_TableWithUnknownInclude_Invalid()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
        var (status, body) = await api.GetAsync($"{ConfigMaps}?includeObject=All");
        Assert.Equal(422, status);
        Assert.Equal("TableOptions.meta.k8s.io \"\" is invalid: includeObject: Invalid value: \"All\": must be 'Metadata', 'Object', 'None', or empty", (string?)body["message"]);
    }

    private static async Task<SimulatedApi> WithConfigMapsAsync(int count)
    {
        var api = await SimulatedApi.StartAsync();
        for (var i = 0; i < count; i++)
        {
            await api.ApplyAsync($"{ConfigMaps}/cm{i}", $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: cm{i}, labels: {{half: {(i < count / 2 ? "low" : "high")}}}}}");
        }

        return api;
    }

    private static string[] Names(JsonObject list) => [.. list["items"]!.AsArray().Select(i => (string)i!["metadata"]!["name"]!)];
}
