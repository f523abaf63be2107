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
    public async Task List_LimitAndContinue_EveryObjectOnce()
    {
        await using var api = await SimulatedApi.StartAsync();
        for (var i = 0; i < 7; i++)
        {
            await api.ApplyAsync($"{ConfigMaps}/cm{i}", $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: cm{i}}}");
        }

        var names = new List<string>();
        var next = "";
        do
        {
            var (_, page) = await api.GetAsync($"{ConfigMaps}?limit=3&continue={next}");
            names.AddRange(page["items"]!.AsArray().Select(i => (string)i!["metadata"]!["name"]!));
            next = (string?)page["metadata"]!["continue"] ?? "";
        }
        while (next.Length > 0);

        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"cm{i}"), names);
    }
}
