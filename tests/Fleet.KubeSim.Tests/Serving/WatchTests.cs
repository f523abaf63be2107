using Fleet.Testing.Time;

namespace Fleet.KubeSim.Tests.Serving;

public class WatchTests
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task Watch_LabelSelector_TransitionsAreAddedAndDeleted()
    {
        await using var api = await SimulatedApi.StartAsync();
        using var watch = await api.WatchAsync($"{ConfigMaps}?watch=1&labelSelector=app%3Da");
        await api.ApplyAsync($"{ConfigMaps}/cm", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm, labels: {app: b}}");
        await api.ApplyAsync($"{ConfigMaps}/cm", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm, labels: {app: a}}");
        await api.ApplyAsync($"{ConfigMaps}/cm", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm, labels: {app: a, n: '1'}}");
        await api.ApplyAsync($"{ConfigMaps}/cm", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm, labels: {app: b}}");

        Assert.Equal("ADDED cm", await watch.NextTypeAsync());
        Assert.Equal("MODIFIED cm", await watch.NextTypeAsync());
        var gone = await watch.NextAsync();
        Assert.Equal("DELETED", (string?)gone!["type"]);
        Assert.Equal("a", (string?)gone["object"]!["metadata"]!["labels"]!["app"]);
    }

    [Fact]
    public async Task Watch_HistoryCompacted_ErrorEventGone()
    {
        await using var api = await SimulatedApi.StartAsync();
        var version = (string)(await api.GetAsync(ConfigMaps)).Body["metadata"]!["resourceVersion"]!;
        await api.ApplyAsync($"{ConfigMaps}/cm", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}");
        api.Cluster.CompactHistory();

        using var watch = await api.WatchAsync($"{ConfigMaps}?watch=1&resourceVersion={version}");
        var error = await watch.NextAsync();

        Assert.Equal("ERROR", (string?)error!["type"]);
        Assert.Equal(410, (int)error["object"]!["code"]!);
        Assert.Equal("Expired", (string?)error["object"]!["reason"]);
        Assert.Null(await watch.NextAsync());
    }

    [Fact]
    public async Task Watch_TimeoutSeconds_StreamEndsByTheInjectedClock()
    {
        var time = new ManualTime();
        await using var api = await SimulatedApi.StartAsync(time: time);
        using var watch = await api.WatchAsync($"{ConfigMaps}?watch=1&timeoutSeconds=300");
        var next = watch.NextAsync();
        Assert.False(next.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(301));

        Assert.Null(await next);
    }

    [Fact]
    public async Task Watch_Bookmarks_ComeOnceAMinute()
    {
        var time = new ManualTime();
        await using var api = await SimulatedApi.StartAsync(time: time);
        using var watch = await api.WatchAsync($"{ConfigMaps}?watch=1&allowWatchBookmarks=true&timeoutSeconds=600");
        var next = watch.NextAsync();
        while (!next.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(20));
            await Task.WhenAny(next, Task.Delay(20));
        }

        Assert.Equal("BOOKMARK", (string?)(await next)!["type"]);
    }

    [Fact]
    public async Task Watch_ShorterThanAMinute_BookmarkTwoSecondsBeforeTheEnd()
    {
        var time = new ManualTime();
        await using var api = await SimulatedApi.StartAsync(time: time);
        using var watch = await api.WatchAsync($"{ConfigMaps}?watch=1&resourceVersion={await VersionAsync(api)}&allowWatchBookmarks=true&timeoutSeconds=10");
        var next = watch.NextAsync();

        // The headers are read before the server has set its timers.
        await time.AdvanceArmedAsync(TimeSpan.FromSeconds(8));

        Assert.Equal("BOOKMARK", (string?)(await next)!["type"]);
        await time.AdvanceArmedAsync(TimeSpan.FromSeconds(2));
        Assert.Null(await watch.NextAsync());
    }

    [Theory]
    [InlineData("", "BOOKMARK ")]
    [InlineData("&resourceVersion=0", "BOOKMARK ")]
    [InlineData("&sendInitialEvents=false&resourceVersionMatch=NotOlderThan", "ADDED cm")]
    public async Task Watch_FromNoVersion_InitialStateEndsWithABookmarkUnlessRefused(string query, string expected)
    {
        await using var api = await SimulatedApi.StartAsync();
        using var watch = await api.WatchAsync($"{ConfigMaps}?watch=1&allowWatchBookmarks=true{query}");
        var first = watch.NextTypeAsync();
        if (expected.StartsWith("ADDED", StringComparison.Ordinal))
        {
            await api.ApplyAsync($"{ConfigMaps}/cm", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}");
        }

        Assert.Equal(expected, await first);
    }

    [Fact]
    public async Task Watch_FromTheFuture_BeginsAfterThatVersion()
    {
        await using var api = await SimulatedApi.StartAsync();
        var future = long.Parse(await VersionAsync(api), System.Globalization.CultureInfo.InvariantCulture) + 1;
        using var watch = await api.WatchAsync($"{ConfigMaps}?watch=1&resourceVersion={future}");
        await api.ApplyAsync($"{ConfigMaps}/skipped", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: skipped}");
        await api.ApplyAsync($"{ConfigMaps}/seen", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: seen}");

        Assert.Equal("ADDED seen", await watch.NextTypeAsync());
    }

    [Fact]
    public async Task Watch_InitialEventsFromTheFuture_ErrorEventTooLarge()
    {
        await using var api = await SimulatedApi.StartAsync();
        using var watch = await api.WatchAsync($"{ConfigMaps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=99999");
        var error = await watch.NextAsync();
        Assert.Equal(("ERROR", 504), ((string?)error!["type"], (int)error["object"]!["code"]!));
    }

    [Theory]
    [InlineData("/api/v1/watch/namespaces/default/configmaps", "ADDED a")]
    [InlineData("/api/v1/watch/configmaps", "ADDED a")]
    [InlineData("/api/v1/watch/namespaces/default/configmaps/b", "ADDED b")]
    public async Task Watch_PathsOfOld_AreWatches(string path, string expected)
    {
        await using var api = await SimulatedApi.StartAsync();
        await api.ApplyAsync($"{ConfigMaps}/a", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}");
        await api.ApplyAsync($"{ConfigMaps}/b", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}");
        using var watch = await api.WatchAsync(path);
        Assert.Equal(expected, await watch.NextTypeAsync());
    }

    [Fact]
    public async Task Get_NameWithWatchParameter_IsAGet()
    {
        await using var api = await SimulatedApi.StartAsync();
        await api.ApplyAsync($"{ConfigMaps}/a", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}");
        Assert.Equal("ConfigMap", (string?)(await api.GetAsync($"{ConfigMaps}/a?watch=1")).Body["kind"]);
    }

    [Theory]
    [InlineData("Table", "Table")]
    [InlineData("PartialObjectMetadata", "PartialObjectMetadata")]
    public async Task Watch_OtherForms_BookmarksHaveThemToo(string form, string expected)
    {
        await using var api = await SimulatedApi.StartAsync();
        await api.ApplyAsync($"{ConfigMaps}/a", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}");
        api.Http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", $"application/json;as={form};v=v1;g=meta.k8s.io");
        using var watch = await api.WatchAsync($"{ConfigMaps}?watch=1&allowWatchBookmarks=true");

        Assert.Equal(expected, (string?)(await watch.NextAsync())!["object"]!["kind"]);
        var bookmark = await watch.NextAsync();
        Assert.Equal(("BOOKMARK", expected), ((string?)bookmark!["type"], (string?)bookmark["object"]!["kind"]));
    }

    private static async Task<string> VersionAsync(SimulatedApi api) => (string)(await api.GetAsync(ConfigMaps)).Body["metadata"]!["resourceVersion"]!;
}
