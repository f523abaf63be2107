using System.Text.Json.Nodes;
using Fleet.KubeSim.Hosting;
using Fleet.Testing.Time;

namespace Fleet.KubeSim.Tests.Simulation;

/// <summary>Jobs count each pod once and let it go then; CronJobs start them by the clock.</summary>
public class JobTests
{
    private const string Tracking = "batch.kubernetes.io/job-tracking";
    private const string Jobs = "/apis/batch/v1/namespaces/default/jobs";
    private const string Pods = "/api/v1/namespaces/default/pods";

    [Fact]
    public async Task Job_WithoutKubelet_PodPendingLabelledAndHeld()
    {
        await using var api = await StartAsync();
        var job = await CreateJobAsync(api);
        var pod = (await UntilAsync(api, Pods, l => l["items"]!.AsArray().Count == 1))["items"]![0]!;

        Assert.Equal([Tracking], pod["metadata"]!["finalizers"]!.AsArray().Select(f => (string)f!));
        Assert.Equal("Pending", (string?)pod["status"]!["phase"]);
        var uid = (string)job["metadata"]!["uid"]!;
        Assert.Equal(
            [("batch.kubernetes.io/controller-uid", uid), ("batch.kubernetes.io/job-name", "once"), ("controller-uid", uid), ("job-name", "once")],
            pod["metadata"]!["labels"]!.AsObject().Select(l => (l.Key, (string)l.Value!)).Order());
        Assert.Equal(uid, (string?)job["spec"]!["selector"]!["matchLabels"]!["batch.kubernetes.io/controller-uid"]);
    }

    [Theory]
    [InlineData("Background", 0)]
    [InlineData("Foreground", 0)]
    [InlineData("Orphan", 1)]
    public async Task Job_Deleted_PodsAreLetGo(string propagation, int left)
    {
        await using var api = await StartAsync();
        await CreateJobAsync(api);
        await UntilAsync(api, Pods, l => l["items"]!.AsArray().Count == 1);

        await api.SendAsync(HttpMethod.Delete, $"{Jobs}/once?propagationPolicy={propagation}");

        await UntilAsync(api, Jobs + "/once", j => (int?)j["code"] == 404);
        var pods = await UntilAsync(api, Pods, l => l["items"]!.AsArray() is var items && items.Count == left && items.All(p => p!["metadata"]!["finalizers"] is null));
        Assert.All(pods["items"]!.AsArray(), p => Assert.Null(p!["metadata"]!["ownerReferences"]));
    }

    [Fact]
    public async Task Job_PodsEndOneByOne_EachIsCountedOnceAndLetGo()
    {
        await using var api = await StartAsync();
        await CreateJobAsync(api, "\"completions\":2,\"backoffLimit\":3,");

        await EndAsync(api, "Failed");
        await UntilAsync(api, Jobs + "/once", j => (int?)j["status"]!["failed"] == 1 && (int?)j["status"]!["active"] == 1);
        await EndAsync(api, "Succeeded");
        await UntilAsync(api, Jobs + "/once", j => (int?)j["status"]!["succeeded"] == 1 && (int?)j["status"]!["active"] == 1);
        await api.SendAsync(HttpMethod.Delete, $"{Pods}?fieldSelector=status.phase=Pending");
        await UntilAsync(api, Jobs + "/once", j => (int?)j["status"]!["failed"] == 2 && (int?)j["status"]!["active"] == 1);
        await EndAsync(api, "Succeeded");

        var done = await UntilAsync(api, Jobs + "/once", j => j["status"]!["completionTime"] is not null);

        Assert.Equal((2, 2, "{}"), ((int)done["status"]!["succeeded"]!, (int)done["status"]!["failed"]!, done["status"]!["uncountedTerminatedPods"]!.ToJsonString()));
        await UntilAsync(api, Pods, l => l["items"]!.AsArray().Count == 3 && l["items"]!.AsArray().All(p => p!["metadata"]!["finalizers"] is null));
    }

    [Fact]
    public async Task Pod_TerminatingWithGraceLeft_StaysThroughAnUpdate()
    {
        await using var api = await StartAsync();
        await PatientlyAsync(api, Pods, """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}""");
        await api.SendAsync(HttpMethod.Post, Pods + "/p/binding", """{"apiVersion":"v1","kind":"Binding","metadata":{"name":"p"},"target":{"kind":"Node","name":"n"}}""");
        await api.SendAsync(HttpMethod.Delete, Pods + "/p");

        var (status, pod) = await api.SendAsync(HttpMethod.Patch, Pods + "/p", """{"metadata":{"labels":{"a":"b"}}}""", "application/merge-patch+json");

        Assert.Equal((200, 30), (status, (int?)pod["metadata"]!["deletionGracePeriodSeconds"]));
        Assert.Equal(200, (await api.GetAsync(Pods + "/p")).Status);
        await api.SendAsync(HttpMethod.Delete, Pods + "/p?gracePeriodSeconds=0");
        Assert.Equal(404, (await api.GetAsync(Pods + "/p")).Status);
    }

    [Theory]
    [InlineData("*/15 * * * *", null, "2030-01-01T00:15:00Z")]
    [InlineData("0 3 * * *", null, "2030-01-01T03:00:00Z")]
    [InlineData("0 3 * * *", "America/New_York", "2030-01-01T08:00:00Z")]
    [InlineData("TZ=Asia/Kolkata 0 9 * * *", null, "2030-01-01T03:30:00Z")]
    [InlineData("@every 90m", null, "2030-01-01T01:30:00Z")]
    [InlineData("@monthly", null, "2030-02-01T00:00:00Z")]
    [InlineData("0 0 13 * fri", null, "2030-01-04T00:00:00Z")]
    [InlineData("0 0 */10 * *", null, "2030-01-11T00:00:00Z")]
    [InlineData("0 0 30 2 *", null, null)]
    [InlineData("0 0 * * mon-wed/2", null, "2030-01-02T00:00:00Z")]
    public void Schedule_Next_AsTheServersLibrary(string schedule, string? zone, string? next)
    {
        var times = KubeSim.Simulation.CronTimes.Read(schedule, zone)!;

        Assert.Equal(next, times.Next(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero))?.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"));
    }

    [Theory]
    [InlineData("Allow", 2, 2)]
    [InlineData("Forbid", 1, 1)]
    [InlineData("Replace", 1, 1)]
    public async Task CronJob_SecondTimeWhileTheFirstRuns_AsItsPolicySays(string policy, int jobs, int active)
    {
        var time = new ManualTime();
        await using var api = await StartAsync(time);
        await CreateCronAsync(api, policy, "");
        time.Advance(TimeSpan.FromSeconds(61));
        var first = await UntilAsync(api, "/apis/batch/v1/namespaces/default/cronjobs/c", c => c["status"]?["lastScheduleTime"] is not null, time);
        Assert.Equal(("c-31557601", "2030-01-01T00:01:00Z"), ((string)first["status"]!["active"]![0]!["name"]!, (string)first["status"]!["lastScheduleTime"]!));

        time.Advance(TimeSpan.FromSeconds(62));
        var wanted = policy == "Forbid" ? "c-31557601" : "c-31557602";
        var second = await UntilAsync(api, "/apis/batch/v1/namespaces/default/cronjobs/c", c => c["status"]!["active"]!.AsArray().Any(a => (string?)a!["name"] == wanted), time);
        var found = await UntilAsync(api, Jobs, l => l["items"]!.AsArray().Count == jobs, time);

        Assert.Equal(active, second["status"]!["active"]!.AsArray().Count);
        Assert.Contains(found["items"]!.AsArray(), j => (string?)j!["metadata"]!["name"] == wanted);
        Assert.All(found["items"]!.AsArray(), j => Assert.NotNull(j!["metadata"]!["annotations"]!["batch.kubernetes.io/cronjob-scheduled-timestamp"]));
    }

    [Fact]
    public async Task CronJob_Suspended_StartsNothing()
    {
        var time = new ManualTime();
        await using var api = await StartAsync(time);
        await CreateCronAsync(api, "Allow", "\"suspend\":true,");
        await CreateCronAsync(api, "Allow", "", "other");
        time.Advance(TimeSpan.FromSeconds(61));

        await UntilAsync(api, "/apis/batch/v1/namespaces/default/cronjobs/other", c => c["status"]?["lastScheduleTime"] is not null, time);

        Assert.Null((await api.GetAsync("/apis/batch/v1/namespaces/default/cronjobs/c")).Body["status"]?["lastScheduleTime"]);
    }

    [Fact]
    public async Task CronJob_Finished_HistoryKeepsTheLatest()
    {
        var time = new ManualTime();
        await using var api = await StartAsync(time, kubelet: true);
        await CreateCronAsync(api, "Allow", "\"successfulJobsHistoryLimit\":1,");
        for (var i = 1; i <= 2; i++)
        {
            var name = $"c-{31557600 + i}";
            await UntilAsync(api, Jobs + "/" + name, j => j["status"] is JsonObject s && s["completionTime"] is not null, time, advance: true);
        }

        await UntilAsync(api, Jobs + "/c-31557601", j => (int?)j["code"] == 404, time);
        var cron = await UntilAsync(api, "/apis/batch/v1/namespaces/default/cronjobs/c", c => c["status"]?["lastSuccessfulTime"] is not null, time);
        Assert.True(string.CompareOrdinal((string)cron["status"]!["lastSuccessfulTime"]!, "2030-01-01T00:01:00Z") > 0);
    }

    private static Task<SimulatedApi> StartAsync(ManualTime? time = null, bool kubelet = false) =>
        SimulatedApi.StartAsync(() => new SimulatedClusterOptions { Name = "sim", Kubelet = kubelet }, time);

    private static async Task<JsonObject> CreateJobAsync(SimulatedApi api, string more = "") =>
        await PatientlyAsync(api, Jobs, """{"metadata":{"name":"once"},"spec":{MORE"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i:1"}]}}}}""".Replace("MORE", more, StringComparison.Ordinal));

    private static Task<JsonObject> CreateCronAsync(SimulatedApi api, string policy, string more, string name = "c") =>
        PatientlyAsync(api, "/apis/batch/v1/namespaces/default/cronjobs", """
            {"metadata":{"name":"NAME"},"spec":{MORE"schedule":"* * * * *","concurrencyPolicy":"POLICY",
             "jobTemplate":{"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i:1"}]}}}}}}
            """.Replace("NAME", name, StringComparison.Ordinal).Replace("MORE", more, StringComparison.Ordinal).Replace("POLICY", policy, StringComparison.Ordinal));

    /// <summary>The default account of the namespace may still be on its way.</summary>
    private static async Task<JsonObject> PatientlyAsync(SimulatedApi api, string path, string body)
    {
        using var limit = new CancellationTokenSource(SimulatedApi.Patience);
        while (true)
        {
            var (status, answer) = await api.SendAsync(HttpMethod.Post, path, body);
            if (status == 201)
            {
                return answer;
            }

            Assert.False(limit.IsCancellationRequested, answer.ToJsonString());
            await Task.Delay(10);
        }
    }

    private static async Task EndAsync(SimulatedApi api, string phase)
    {
        var list = await UntilAsync(api, Pods, l => l["items"]!.AsArray().Any(p => (string?)p!["status"]!["phase"] == "Pending"));
        var name = (string)list["items"]!.AsArray().First(p => (string?)p!["status"]!["phase"] == "Pending")!["metadata"]!["name"]!;
        await api.SendAsync(HttpMethod.Patch, $"{Pods}/{name}/status", $$$"""{"status":{"phase":"{{{phase}}}"}}""", "application/merge-patch+json");
    }

    private static async Task<JsonObject> UntilAsync(SimulatedApi api, string path, Func<JsonObject, bool> condition, ManualTime? time = null, bool advance = false)
    {
        using var limit = new CancellationTokenSource(SimulatedApi.Patience);
        while (true)
        {
            var body = (await api.GetAsync(path)).Body;
            if (condition(body))
            {
                return body;
            }

            Assert.False(limit.IsCancellationRequested, $"{path} did not come to it: {body.ToJsonString()}; {string.Join('\n', api.Cluster.ControllerFailures.Latest().Take(5))}");
            time?.Advance(advance ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromMilliseconds(1));
            await Task.Delay(10);
        }
    }
}
