using System.Text.Json.Nodes;
using Fleet.KubeSim.Hosting;
using Fleet.Testing.Time;

namespace Fleet.KubeSim.Tests.Simulation;

public class WorkloadTests
{
    private static readonly TimeSpan ReadyDelay = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Deployment_AfterTheReadyDelay_AvailableAndObserved()
    {
        var time = new ManualTime();
        await using var api = await StartAsync(time);
        api.Cluster.Store.Apply(Deployment("web", "nginx:1", 2));
        await Until(api, time, "apps/v1", "Deployment", "web", d => (int?)d["status"]?["replicas"] == 2, advance: false);
        Assert.Null(api.Cluster.Store.Get("apps/v1", "Deployment", "default", "web")!["status"]!["readyReplicas"]);

        var ready = await Until(api, time, "apps/v1", "Deployment", "web", d => (int?)d["status"]?["availableReplicas"] == 2);

        Assert.Equal(1, (int?)ready["status"]!["observedGeneration"]);
        Assert.Equal("NewReplicaSetAvailable", Reason(ready, "Progressing"));
        Assert.Equal(2, api.Cluster.Store.List("v1", "Pod", "default").Count);
    }

    [Fact]
    public async Task Deployment_NewImage_OldPodsGoWhenTheNewOnesAreReady()
    {
        var time = new ManualTime();
        await using var api = await StartAsync(time);
        api.Cluster.Store.Apply(Deployment("web", "nginx:1", 2));
        await Until(api, time, "apps/v1", "Deployment", "web", d => Reason(d, "Progressing") == "NewReplicaSetAvailable");

        api.Cluster.Store.Apply(Deployment("web", "nginx:2", 2));
        var done = await Until(api, time, "apps/v1", "Deployment", "web", d =>
            (int?)d["status"]?["observedGeneration"] == 2 && Reason(d, "Progressing") == "NewReplicaSetAvailable" && (int?)d["status"]?["updatedReplicas"] == 2);

        Assert.Equal("2", (string?)done["metadata"]!["annotations"]!["deployment.kubernetes.io/revision"]);
        Assert.All(api.Cluster.Store.List("v1", "Pod", "default").Where(p => p["metadata"]!["deletionTimestamp"] is null), p =>
            Assert.Equal("nginx:2", (string?)p["spec"]!["containers"]![0]!["image"]));
    }

    [Theory]
    [InlineData("1", "0", 5, 4)]
    [InlineData("0", "1", 4, 3)]
    [InlineData("50%", "25%", 6, 3)]
    public async Task Deployment_RollingUpdate_StepsKeepToSurgeAndUnavailable(string surge, string unavailable, int most, int least)
    {
        var time = new ManualTime();
        await using var api = await StartAsync(time);
        string With(string image) => Deployment("web", image, 4) + $"\n  strategy: {{type: RollingUpdate, rollingUpdate: {{maxSurge: {surge}, maxUnavailable: {unavailable}}}}}\n";
        api.Cluster.Store.Apply(With("nginx:1"));
        await Until(api, time, "apps/v1", "Deployment", "web", d => (int?)d["status"]?["availableReplicas"] == 4);
        using var watch = await api.WatchAsync("/apis/apps/v1/namespaces/default/replicasets?watch=1");
        var (wanted, available) = (new Dictionary<string, int>(), new Dictionary<string, int>());
        async Task ReadAsync()
        {
            var set = (await watch.NextAsync())!["object"]!;
            wanted[(string)set["metadata"]!["name"]!] = (int)set["spec"]!["replicas"]!;
            available[(string)set["metadata"]!["name"]!] = (int?)set["status"]?["availableReplicas"] ?? 0;
        }

        await ReadAsync();
        var old = wanted.Keys.Single();
        api.Cluster.Store.Apply(With("nginx:2"));
        await Until(api, time, "apps/v1", "Deployment", "web", d => (int?)d["status"]?["observedGeneration"] == 2 && Reason(d, "Progressing") == "NewReplicaSetAvailable" && (int?)d["status"]?["replicas"] == 4);

        var seen = new List<(int Wanted, int Available)>();
        while (wanted[old] > 0 || available.Where(a => a.Key != old).Sum(a => a.Value) < 4)
        {
            await ReadAsync();
            seen.Add((wanted.Values.Sum(), available.Values.Sum()));
        }

        Assert.Equal((most, least), (seen.Max(s => s.Wanted), seen.Min(s => s.Available)));
    }

    [Fact]
    public async Task Deployment_BrokenImage_ProgressDeadlineExceeded()
    {
        var time = new ManualTime();
        await using var api = await StartAsync(time);
        api.Cluster.Store.Apply(Deployment("web", "broken/app:1", 1));
        await Until(api, time, "apps/v1", "Deployment", "web", d => Reason(d, "Progressing") == "ProgressDeadlineExceeded", step: TimeSpan.FromSeconds(60));

        // The deadline may pass, at this pace of the clock, before the kubelet has even been asked for its first look at the pod.
        await Until(api, time, "v1", "Pod", null, p => WaitingReason(p) == "ImagePullBackOff");
        Assert.Single(api.Cluster.Store.List("v1", "Pod", "default"));
    }

    [Fact]
    public async Task Deployment_SlowImage_TakesItsTimeLonger()
    {
        var time = new ManualTime();
        await using var api = await StartAsync(time);
        api.Cluster.Store.Apply(Deployment("web", "slow/app:1", 1));
        await Until(api, time, "v1", "Pod", null, p => (string?)p["spec"]!["nodeName"] == "sim-node", advance: false);
        time.Advance(ReadyDelay + TimeSpan.FromSeconds(1));
        Assert.NotEqual("Running", (string?)api.Cluster.Store.List("v1", "Pod", "default")[0]["status"]!["phase"]);

        await Until(api, time, "apps/v1", "Deployment", "web", d => (int?)d["status"]?["readyReplicas"] == 1, step: TimeSpan.FromSeconds(10));
        Assert.True(time.GetUtcNow() >= new DateTimeOffset(2030, 1, 1, 0, 0, 30, TimeSpan.Zero));
    }

    [Fact]
    public async Task Job_Finished_CompleteAndRemovedAfterItsTimeToLive()
    {
        var time = new ManualTime();
        await using var api = await StartAsync(time);
        api.Cluster.Store.Apply("""
            apiVersion: batch/v1
            kind: Job
            metadata: {name: j, namespace: default}
            spec: {ttlSecondsAfterFinished: 30, template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}}}
            """);
        await Until(api, time, "batch/v1", "Job", "j", j => Reason(j, "Complete") == "CompletionsReached");
        await UntilGone(api, time, "batch/v1", "Job", "default", "j", TimeSpan.FromSeconds(31));
    }

    [Fact]
    public async Task StatefulSet_WithClaims_PodsInOrderAndClaimsBound()
    {
        var time = new ManualTime();
        await using var api = await StartAsync(time);
        api.Cluster.Store.Apply("""
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: s, namespace: default}
            spec:
              replicas: 2
              serviceName: s
              selector: {matchLabels: {app: s}}
              template: {metadata: {labels: {app: s}}, spec: {containers: [{name: c, image: i}]}}
              volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]
            """);
        await Until(api, time, "apps/v1", "StatefulSet", "s", s => (int?)s["status"]?["readyReplicas"] == 2 && (string?)s["status"]?["currentRevision"] == (string?)s["status"]?["updateRevision"]);
        await Until(api, time, "v1", "PersistentVolumeClaim", "d-s-1", c => (string?)c["status"]?["phase"] == "Bound");
        Assert.Equal(["s-0", "s-1"], api.Cluster.Store.List("v1", "Pod", "default").Select(p => (string)p["metadata"]!["name"]!));
    }

    [Fact]
    public async Task Service_LoadBalancer_GetsAnAddressAndAnEndpointSliceWithItsLabels()
    {
        var time = new ManualTime();
        await using var api = await StartAsync(time);
        api.Cluster.Store.Apply("apiVersion: v1\nkind: Service\nmetadata: {name: lb, namespace: default, labels: {fleet: mine}}\nspec: {type: LoadBalancer, selector: {app: x}, ports: [{port: 80}]}");
        var service = await Until(api, time, "v1", "Service", "lb", s => s["status"]?["loadBalancer"]?["ingress"] is not null);
        Assert.StartsWith("203.0.113.", (string?)service["status"]!["loadBalancer"]!["ingress"]![0]!["ip"]);
        var slice = Assert.Single(api.Cluster.Store.List("discovery.k8s.io/v1", "EndpointSlice", "default"), s => (string?)s["metadata"]!["labels"]!["kubernetes.io/service-name"] == "lb");
        Assert.Equal("mine", (string?)slice["metadata"]!["labels"]!["fleet"]);
    }

    [Fact]
    public async Task Namespace_Deleted_EmptiedAndGone()
    {
        var time = new ManualTime();
        await using var api = await StartAsync(time);
        api.Cluster.Store.Apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: x}");
        await Until(api, time, "v1", "ServiceAccount", "default", _ => true, ns: "x", advance: false);
        api.Cluster.Store.Apply(Deployment("web", "nginx:1", 1).Replace("namespace: default", "namespace: x", StringComparison.Ordinal));
        await Until(api, time, "apps/v1", "Deployment", "web", d => (int?)d["status"]?["readyReplicas"] == 1, ns: "x");

        await api.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/x");
        var (status, body) = await api.ApplyAsync("/api/v1/namespaces/x/configmaps/late", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: late}");
        Assert.True(status is 403 or 404, body.ToJsonString());
        await UntilGone(api, time, "v1", "Namespace", "", "x", ReadyDelay);
        Assert.Empty(api.Cluster.Store.ListEverything("x"));
    }

    [Fact]
    public async Task CustomResources_DefinitionDeleted_GoneWithTheirKind()
    {
        var time = new ManualTime();
        await using var api = await StartAsync(time);
        api.Cluster.Store.Apply("""
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: foos.example.com}
            spec:
              group: example.com
              scope: Namespaced
              names: {plural: foos, kind: Foo}
              versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
            """);
        const string foo = "/apis/example.com/v1/namespaces/default/foos/f";
        Assert.Equal(404, (await api.ApplyAsync(foo, "apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: f}")).Status);
        await Until(api, time, "apiextensions.k8s.io/v1", "CustomResourceDefinition", "foos.example.com", d => Reason(d, "Established") == "InitialNamesAccepted", ns: "");
        Assert.Equal(201, await Retry(async () => (await api.ApplyAsync(foo, "apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: f}")).Status, 201));

        await api.SendAsync(HttpMethod.Delete, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/foos.example.com");
        await UntilGone(api, time, "apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "foos.example.com", TimeSpan.FromSeconds(1));

        Assert.Equal(404, await Retry(async () => (await api.GetAsync(foo)).Status, 404));
        Assert.DoesNotContain(api.Cluster.Store.ListEverything(), o => (string?)o["kind"] == "Foo");
    }

    [Fact]
    public async Task Autoscaler_TargetBelowItsMinimum_ScaledUp()
    {
        var time = new ManualTime();
        await using var api = await StartAsync(time);
        api.Cluster.Store.Apply(Deployment("web", "nginx:1", 1));
        api.Cluster.Store.Apply("""
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: h, namespace: default}
            spec: {minReplicas: 3, maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
            """);
        await Until(api, time, "apps/v1", "Deployment", "web", d => (int?)d["spec"]!["replicas"] == 3 && (int?)d["status"]?["readyReplicas"] == 3);
    }

    private static Task<SimulatedApi> StartAsync(ManualTime time) => SimulatedApi.StartAsync(
        () => new SimulatedClusterOptions
        {
            Name = "sim",
            ReadyDelay = ReadyDelay,
            BrokenImages = ["broken/*"],
            SlowImages = new Dictionary<string, TimeSpan> { ["slow/*"] = TimeSpan.FromSeconds(28) },
        },
        time);

    private static string Deployment(string name, string image, int replicas) => $$$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: {{{name}}}, namespace: default}
        spec:
          replicas: {{{replicas}}}
          selector: {matchLabels: {app: {{{name}}}}}
          template: {metadata: {labels: {app: {{{name}}}}}, spec: {containers: [{name: c, image: "{{{image}}}"}]}}
        """;

    private static string? Reason(JsonObject item, string condition) =>
        (string?)(item["status"]?["conditions"] as JsonArray)?.FirstOrDefault(c => (string?)c!["type"] == condition)?["reason"];

    private static string? WaitingReason(JsonObject pod) =>
        (string?)(pod["status"]?["containerStatuses"] as JsonArray)?.FirstOrDefault()?["state"]?["waiting"]?["reason"];

    /// <summary>Waits for a condition on an object (any of the kind when the name is null), moving the clock while it does not hold.</summary>
    private static async Task<JsonObject> Until(
        SimulatedApi api, ManualTime time, string version, string kind, string? name, Func<JsonObject, bool> condition, string ns = "default", bool advance = true, TimeSpan? step = null)
    {
        using var limit = new CancellationTokenSource(SimulatedApi.Patience);
        while (true)
        {
            var found = name is null ? api.Cluster.Store.List(version, kind, ns).FirstOrDefault() : api.Cluster.Store.Get(version, kind, ns, name);
            if (found is not null && condition(found))
            {
                return found;
            }

            Assert.False(limit.IsCancellationRequested, $"{kind} {name} did not come to it: {found?.ToJsonString()}");
            if (advance)
            {
                time.Advance(step ?? TimeSpan.FromMilliseconds(500));
            }

            await Task.Delay(10);
        }
    }

    private static async Task UntilGone(SimulatedApi api, ManualTime time, string version, string kind, string ns, string name, TimeSpan step)
    {
        using var limit = new CancellationTokenSource(SimulatedApi.Patience);
        while (api.Cluster.Store.Get(version, kind, ns, name) is { } left)
        {
            Assert.False(limit.IsCancellationRequested, $"{kind} {name} is still there: {left.ToJsonString()}");
            time.Advance(step);
            await Task.Delay(10);
        }
    }

    private static async Task<int> Retry(Func<Task<int>> attempt, int wanted)
    {
        using var limit = new CancellationTokenSource(SimulatedApi.Patience);
        int status;
        while ((status = await attempt()) != wanted && !limit.IsCancellationRequested)
        {
            await Task.Delay(10);
        }

        return status;
    }
}
