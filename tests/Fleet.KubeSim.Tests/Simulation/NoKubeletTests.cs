using System.Text.Json.Nodes;
using Fleet.KubeSim.Hosting;

namespace Fleet.KubeSim.Tests.Simulation;

/// <summary>What the controllers write when no kubelet runs: the state that recordings of a bare control plane show.</summary>
public class NoKubeletTests
{
    private static readonly string[] NamespaceConditionTypes =
    [
        "NamespaceDeletionDiscoveryFailure", "NamespaceDeletionGroupVersionParsingFailure", "NamespaceDeletionContentFailure", "NamespaceContentRemaining", "NamespaceFinalizersRemaining",
    ];

    [Fact]
    public async Task Namespace_WithAFinalizerInIt_TellsWhatRemains()
    {
        await using var api = await StartAsync();
        await CreateAsync(api, "/api/v1/namespaces", """{"metadata":{"name":"x"}}""");
        await CreateAsync(api, "/api/v1/namespaces/x/configmaps", """{"metadata":{"name":"held","finalizers":["example.com/hold"]}}""");
        await CreateAsync(api, "/api/v1/namespaces/x/configmaps", """{"metadata":{"name":"free"}}""");

        await api.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/x");
        var left = await UntilAsync(api, "/api/v1/namespaces/x", n => Condition(n, "NamespaceFinalizersRemaining") is not null);

        Assert.Equal(NamespaceConditionTypes, left["status"]!["conditions"]!.AsArray().Select(c => (string?)c!["type"]));
        Assert.Equal("Some resources are remaining: configmaps. has 1 resource instances", (string?)Condition(left, "NamespaceContentRemaining")!["message"]);
        Assert.Equal("Some finalizers are remaining: example.com/hold in 1 resource instances", (string?)Condition(left, "NamespaceFinalizersRemaining")!["message"]);
        Assert.Equal("ContentDeleted", (string?)Condition(left, "NamespaceDeletionContentFailure")!["reason"]);
        Assert.Contains(left["metadata"]!["managedFields"]!.AsArray(), m => (string?)m!["manager"] == "kube-controller-manager" && (string?)m["subresource"] == "status");

        await api.SendAsync(HttpMethod.Patch, "/api/v1/namespaces/x/configmaps/held", """{"metadata":{"finalizers":null}}""", "application/merge-patch+json");
        await UntilAsync(api, "/api/v1/namespaces/x", n => (int?)n["code"] == 404);
    }

    [Fact]
    public async Task Namespace_WithAFinalizerOfAnother_KeepsThatOneOnly()
    {
        await using var api = await StartAsync();
        await CreateAsync(api, "/api/v1/namespaces", """{"metadata":{"name":"x"},"spec":{"finalizers":["example.com/own"]}}""");

        await api.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/x");
        var left = await UntilAsync(api, "/api/v1/namespaces/x", n => Condition(n, "NamespaceContentRemaining") is not null && n["spec"]!["finalizers"]!.AsArray().Count == 1);

        Assert.Equal("example.com/own", (string?)left["spec"]!["finalizers"]![0]);
        Assert.All(left["status"]!["conditions"]!.AsArray(), c => Assert.Equal("False", (string?)c!["status"]));
    }

    [Fact]
    public async Task StatefulSet_NewTemplateAndBack_RevisionsAreNumberedOn()
    {
        await using var api = await StartAsync();
        const string Path = "/apis/apps/v1/namespaces/default/statefulsets";
        const string Revisions = "/apis/apps/v1/namespaces/default/controllerrevisions";
        await CreateAsync(api, Path, """
            {"metadata":{"name":"db","annotations":{"note":"a"}},"spec":{"serviceName":"db","replicas":2,"selector":{"matchLabels":{"app":"db"}},
             "template":{"metadata":{"labels":{"app":"db"}},"spec":{"containers":[{"name":"c","image":"i:1"}]}}}}
            """);
        var first = (await UntilAsync(api, Revisions, l => l["items"]!.AsArray().Count == 1))["items"]![0]!;
        var set = await UntilAsync(api, Path + "/db", s => (int?)s["status"]?["replicas"] == 1);

        Assert.Equal((string?)first["metadata"]!["name"], (string?)set["status"]!["currentRevision"]);
        Assert.Equal("a", (string?)first["metadata"]!["annotations"]!["note"]);
        Assert.Equal("replace", (string?)first["data"]!["spec"]!["template"]!["$patch"]);
        Assert.EndsWith((string)first["metadata"]!["labels"]!["controller.kubernetes.io/hash"]!, (string)first["metadata"]!["name"]!, StringComparison.Ordinal);

        await ImageAsync(api, Path + "/db", "i:2");
        await UntilAsync(api, Revisions, l => l["items"]!.AsArray().Any(r => (int)r!["revision"]! == 2));
        await ImageAsync(api, Path + "/db", "i:1");
        var back = await UntilAsync(api, Revisions, l => l["items"]!.AsArray().Any(r => (int)r!["revision"]! == 3));

        Assert.Equal((string?)first["metadata"]!["name"], (string?)back["items"]!.AsArray().Single(r => (int)r!["revision"]! == 3)!["metadata"]!["name"]);
    }

    [Fact]
    public async Task DaemonSet_WithoutNodes_CountsNothingAndRecordsItsRevision()
    {
        await using var api = await StartAsync();
        const string Path = "/apis/apps/v1/namespaces/default/daemonsets";
        await CreateAsync(api, Path, """
            {"metadata":{"name":"agent"},"spec":{"selector":{"matchLabels":{"app":"agent"}},
             "template":{"metadata":{"labels":{"app":"agent"}},"spec":{"containers":[{"name":"c","image":"i:1"}]}}}}
            """);
        var set = await UntilAsync(api, Path + "/agent", s => (int?)s["status"]?["observedGeneration"] == 1);
        var revision = (await api.GetAsync("/apis/apps/v1/namespaces/default/controllerrevisions")).Body["items"]![0]!;

        Assert.Equal(0, (int?)set["status"]!["desiredNumberScheduled"]);
        Assert.Equal(1, (int?)revision["revision"]);
        Assert.Equal($"agent-{(string?)revision["metadata"]!["labels"]!["controller-revision-hash"]}", (string?)revision["metadata"]!["name"]);
    }

    [Fact]
    public async Task Job_WithPendingPods_SaysThatNoneIsReady()
    {
        await using var api = await StartAsync();
        const string Path = "/apis/batch/v1/namespaces/default/jobs";
        await CreateAsync(api, Path, """{"metadata":{"name":"once"},"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i:1"}]}}}}""");
        var job = await UntilAsync(api, Path + "/once", j => (int?)j["status"]?["active"] == 1);

        Assert.Equal(0, (int?)job["status"]!["ready"]);
        Assert.Equal(0, (int?)job["status"]!["terminating"]);
    }

    private static Task<SimulatedApi> StartAsync() =>
        SimulatedApi.StartAsync(() => new SimulatedClusterOptions { Name = "sim", Kubelet = false, EstablishDelay = TimeSpan.FromMilliseconds(1) });

    private static async Task CreateAsync(SimulatedApi api, string path, string body)
    {
        using var limit = new CancellationTokenSource(SimulatedApi.Patience);
        while (true)
        {
            var (status, answer) = await api.SendAsync(HttpMethod.Post, path, body);
            if (status == 201)
            {
                return;
            }

            Assert.False(limit.IsCancellationRequested, answer.ToJsonString());
            await Task.Delay(10);
        }
    }

    private static Task ImageAsync(SimulatedApi api, string path, string image) =>
        api.SendAsync(
            HttpMethod.Patch,
            path,
            new JsonObject
            {
                ["spec"] = new JsonObject
                {
                    ["template"] = new JsonObject
                    {
                        ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = image }) },
                    },
                },
            }.ToJsonString(),
            "application/strategic-merge-patch+json");

    private static JsonNode? Condition(JsonObject item, string type) =>
        (item["status"] is JsonObject status ? status["conditions"] as JsonArray : null)?.FirstOrDefault(c => (string?)c!["type"] == type);

    private static async Task<JsonObject> UntilAsync(SimulatedApi api, string path, Func<JsonObject, bool> condition)
    {
        using var limit = new CancellationTokenSource(SimulatedApi.Patience);
        while (true)
        {
            var body = (await api.GetAsync(path)).Body;
            if (condition(body))
            {
                return body;
            }

            Assert.False(limit.IsCancellationRequested, $"{path} did not come to it: {body.ToJsonString()}");
            await Task.Delay(10);
        }
    }
}
