using System.Text.Json.Nodes;
using Fleet.KubeSim.Admission;
using Fleet.KubeSim.Faults;
using Fleet.Testing.Time;

namespace Fleet.KubeSim.Tests.Faults;

public class FaultTests
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task Fail_TooManyRequests_RetryAfterAndThenServed()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(new FaultRule { Name = "busy", Action = FaultAction.Fail, Resource = "configmaps", Status = 429, RetryAfter = 7, Count = 1 });

        using var refused = await api.Http.GetAsync(ConfigMaps);
        Assert.Equal(429, (int)refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(7), refused.Headers.RetryAfter!.Delta);
        Assert.Equal(200, (await api.GetAsync(ConfigMaps)).Status);
        Assert.Equal(1, api.Cluster.Faults.Met("busy"));
        Assert.Equal("busy", api.Cluster.Requests.Snapshot()[0].Fault);
    }

    [Theory]
    [InlineData("configmaps", "", 500)]
    [InlineData("secrets", "", 200)]
    [InlineData("configmaps", "watch", 200)]
    public async Task Fail_Criteria_MeetOnlyWhatTheyName(string resource, string verb, int expected)
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(new FaultRule { Name = "f", Action = FaultAction.Fail, Resource = resource, Verb = verb, Count = null });
        Assert.Equal(expected, (await api.GetAsync(ConfigMaps)).Status);
    }

    [Fact]
    public async Task Disconnect_AfterWork_WriteHasHappenedWithoutAnAnswer()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(new FaultRule { Name = "lost", Action = FaultAction.Disconnect, AfterWork = true, Verb = "patch" });

        await Assert.ThrowsAnyAsync<Exception>(() => api.ApplyAsync($"{ConfigMaps}/cm", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}"));

        Assert.NotNull(api.Cluster.Store.Get("v1", "ConfigMap", "default", "cm"));
    }

    [Fact]
    public async Task CutBody_List_BreaksInTheMiddle()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(new FaultRule { Name = "cut", Action = FaultAction.CutBody });
        await Assert.ThrowsAnyAsync<Exception>(() => api.GetAsync(ConfigMaps));
        Assert.Equal(200, (await api.GetAsync(ConfigMaps)).Status);
    }

    [Fact]
    public async Task Hang_Request_NoAnswerUntilTheClientGivesUp()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(new FaultRule { Name = "hang", Action = FaultAction.Hang });
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => api.Http.GetAsync(ConfigMaps, limit.Token));
    }

    [Fact]
    public async Task DropWatch_Events_NothingComesAndTheStreamStaysOpen()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(new FaultRule { Name = "silent", Action = FaultAction.DropWatch, Verb = "watch" });
        using var watch = await api.WatchAsync($"{ConfigMaps}?watch=1");
        var next = watch.NextAsync();
        await api.ApplyAsync($"{ConfigMaps}/cm", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}");
        await Task.WhenAny(next, Task.Delay(200));
        Assert.False(next.IsCompleted);

        api.Cluster.CloseWatches();
        Assert.Null(await next);
    }

    [Fact]
    public async Task ReorderEvents_TwoChanges_NeighboursSwapped()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(new FaultRule { Name = "swap", Action = FaultAction.ReorderEvents, Verb = "watch" });
        using var watch = await api.WatchAsync($"{ConfigMaps}?watch=1");
        await api.ApplyAsync($"{ConfigMaps}/a", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}");
        await api.ApplyAsync($"{ConfigMaps}/b", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}");
        Assert.Equal("ADDED b", await watch.NextTypeAsync());
        Assert.Equal("ADDED a", await watch.NextTypeAsync());
    }

    [Fact]
    public async Task AdmissionHook_Refuses_MessageReachesTheClient()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Admission.Add("deny.example.com", review => review.Kind == "ConfigMap" ? "not here" : null);
        var (status, body) = await api.ApplyAsync($"{ConfigMaps}/a", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}");
        Assert.Equal(400, status);
        Assert.Equal("admission webhook \"deny.example.com\" denied the request: not here", (string?)body["message"]);
    }

    [Fact]
    public async Task AdmissionHooks_MutatingBeforeValidating_OnlyForTheirKindAndOperation()
    {
        await using var api = await SimulatedApi.StartAsync();
        var seen = new List<string>();
        api.Cluster.Admission.AddValidating("looks", review =>
        {
            seen.Add($"{review.Operation} {review.Kind} {review.Object["data"]?["added"]}");
            return review.Object["data"]?["bad"] is null ? null : "";
        }, kind: "ConfigMap");
        api.Cluster.Admission.Add("adds", review =>
        {
            review.Object["data"] = new JsonObject { ["added"] = "yes", ["bad"] = review.Object["data"]?["bad"]?.DeepClone() };
            if (review.Object["data"]!["bad"] is null)
            {
                review.Object["data"]!.AsObject().Remove("bad");
            }

            review.Warnings.Add("data was added");
            return null;
        }, kind: "ConfigMap", operations: AdmissionOperations.Create);
        api.Cluster.Admission.Add("keeps", _ => "it is needed", kind: "ConfigMap", operations: AdmissionOperations.Delete);

        using var request = new HttpRequestMessage(HttpMethod.Post, ConfigMaps) { Content = new StringContent("""{"metadata":{"name":"a"}}""", System.Text.Encoding.UTF8, "application/json") };
        using var created = await api.Http.SendAsync(request);
        var refused = await api.SendAsync(HttpMethod.Post, ConfigMaps, """{"metadata":{"name":"b"},"data":{"bad":"1"}}""");
        var kept = await api.SendAsync(HttpMethod.Delete, $"{ConfigMaps}/a");
        await api.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/secrets", """{"metadata":{"name":"s"}}""");

        Assert.Equal("299 - \"data was added\"", created.Headers.GetValues("Warning").Single());
        Assert.Equal((400, "admission webhook \"looks\" denied the request without explanation"), (refused.Status, (string?)refused.Body["message"]));
        Assert.Equal((400, "admission webhook \"keeps\" denied the request: it is needed"), (kept.Status, (string?)kept.Body["message"]));
        Assert.Equal(["CREATE ConfigMap yes", "CREATE ConfigMap yes"], seen);
    }

    public static TheoryData<string, FaultRule, string> Criteria => new()
    {
        { "method", Failing() with { Method = "DELETE" }, "DELETE /configmaps/a" },
        { "verb", Failing() with { Verb = "list" }, "GET /configmaps,GET /secrets" },
        { "kind", Failing() with { Kind = "Secret" }, "GET /secrets" },
        { "resource", Failing() with { Resource = "secrets" }, "GET /secrets" },
        { "name", Failing() with { ObjectName = "a", Method = "GET" }, "GET /configmaps/a" },
        { "namespace", Failing() with { Namespace = "none" }, "" },
        { "when", Failing() with { When = r => r.Path.EndsWith("/b", StringComparison.Ordinal) }, "GET /configmaps/b" },
    };

    [Theory]
    [MemberData(nameof(Criteria))]
    public async Task Rule_ByOneCriterion_MeetsOnlyThat(string criterion, FaultRule rule, string met)
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(rule);
        var failed = new List<string>();
        foreach (var request in new[] { "GET /configmaps", "GET /secrets", "GET /configmaps/a", "GET /configmaps/b", "DELETE /configmaps/a" })
        {
            var (method, path) = (request.Split(' ')[0], request.Split(' ')[1]);
            if ((await api.SendAsync(new HttpMethod(method), $"/api/v1/namespaces/default{path}")).Status == 503)
            {
                failed.Add(request);
            }
        }

        Assert.True(met == string.Join(',', failed), $"{criterion}: {string.Join(',', failed)}");
    }

    [Fact]
    public async Task Rule_SkipAndCount_MeetsThoseBetween()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(Failing() with { Skip = 1, Count = 2 });
        var seen = new List<int>();
        for (var i = 0; i < 5; i++)
        {
            seen.Add((await api.GetAsync(ConfigMaps)).Status);
        }

        Assert.Equal([200, 503, 503, 200, 200], seen);
    }

    [Fact]
    public async Task Rule_SameSeed_SameChoicesWhateverOtherRulesChoose()
    {
        Assert.Equal(await ChoicesAsync(withOther: false), await ChoicesAsync(withOther: true));

        static async Task<string> ChoicesAsync(bool withOther)
        {
            await using var api = await SimulatedApi.StartAsync();
            if (withOther)
            {
                api.Cluster.Faults.Add(Failing() with { Name = "other", Resource = "secrets", Probability = 0.5 });
            }

            api.Cluster.Faults.Add(Failing() with { Resource = "configmaps", Probability = 0.5, Seed = 7 });
            var seen = new List<int>();
            for (var i = 0; i < 16; i++)
            {
                await api.GetAsync("/api/v1/namespaces/default/secrets");
                seen.Add((await api.GetAsync(ConfigMaps)).Status);
            }

            Assert.Contains(503, seen);
            Assert.Contains(200, seen);
            return string.Join(',', seen);
        }
    }

    [Fact]
    public async Task Delay_Request_AnsweredWhenTheClockSays()
    {
        var time = new ManualTime();
        await using var api = await SimulatedApi.StartAsync(time: time);
        api.Cluster.Faults.Add(new FaultRule { Name = "late", Action = FaultAction.Delay, Delay = TimeSpan.FromMinutes(1) });
        var answer = api.GetAsync(ConfigMaps);
        while (!answer.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(20));
            await Task.WhenAny(answer, Task.Delay(20));
        }

        Assert.Equal(200, (await answer).Status);
        Assert.True(time.GetUtcNow() >= new DateTimeOffset(2030, 1, 1, 0, 1, 0, TimeSpan.Zero));
    }

    [Fact]
    public async Task SlowBody_List_WholeAfterManySteps()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(new FaultRule { Name = "slow", Action = FaultAction.SlowBody, Delay = TimeSpan.FromMilliseconds(1) });
        Assert.Equal("ConfigMapList", (string?)(await api.GetAsync(ConfigMaps)).Body["kind"]);
        Assert.Equal(1, api.Cluster.Faults.Met("slow"));
    }

    [Fact]
    public async Task RepeatEvents_OneChange_SeenTwice()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(new FaultRule { Name = "twice", Action = FaultAction.RepeatEvents, Verb = "watch" });
        using var watch = await api.WatchAsync($"{ConfigMaps}?watch=1");
        await api.ApplyAsync($"{ConfigMaps}/cm", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}");
        Assert.Equal("ADDED cm", await watch.NextTypeAsync());
        Assert.Equal("ADDED cm", await watch.NextTypeAsync());
    }

    private static FaultRule Failing() => new() { Name = "fault", Action = FaultAction.Fail, Status = 503, Count = null };
}
