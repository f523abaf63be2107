using System.Text.Json.Nodes;
using Fleet.Agent.Tests.Fakes;
using Fleet.KubeSim.Hosting;
using Fleet.Rendering.Yaml;
using Fleet.V1;

namespace Fleet.Agent.Tests.Drift;

/// <summary>Workloads that another tool applied before become ours: nothing restarts, and what Git drops afterwards really goes.</summary>
public sealed class TakeOverTests
{
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    private static string Web(string metadata = "", string env = "{name: A, value: \"1\"}, {name: B, value: \"2\"}", int replicas = 2) => $$$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          namespace: default
          labels: {app: web, gone: soon}
        {{{metadata}}}
        spec:
          replicas: {{{replicas}}}
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
              - name: web
                image: nginx:1
                ports: [{containerPort: 80}]
                env: [{{{env}}}]

        """;

    private static Dictionary<string, string> Git(string text) => Manifests.Files(("web.yaml", text));

    /// <summary>The tools by how they leave an object behind.</summary>
    public static TheoryData<string, string> Tools => new()
    {
        { "kubectl-client-side-apply", $"  annotations: {{ {LastApplied}: '{{\"apiVersion\":\"apps/v1\"}}' }}" },
        { "kubectl-create", "" },
        { "helm", "  annotations: {meta.helm.sh/release-name: web, meta.helm.sh/release-namespace: default}" },
        { "argocd-controller", "  annotations: {argocd.argoproj.io/tracking-id: 'shop:apps/Deployment:default/web'}" },
        { "fleetagent", "  annotations: {objectset.rio.cattle.io/id: default-shop, meta.helm.sh/release-name: web}" },
    };

    /// <summary>The tools that apply on the server's side.</summary>
    public static TheoryData<string, string> Appliers => new()
    {
        { "kubectl", "" },
        { "helm", "  annotations: {meta.helm.sh/release-name: web}" },
        { "argocd-controller", "  annotations: {argocd.argoproj.io/tracking-id: 'shop:apps/Deployment:default/web'}" },
        { "kustomize-controller", "  annotations: {kustomize.toolkit.fluxcd.io/checksum: abc}" },
    };

    [Theory]
    [MemberData(nameof(Tools))]
    public async Task Updated_ByATool_IsTakenOverWithoutARestart(string tool, string metadata) =>
        await TakenOverAsync(tool, s => s.Put(Web(metadata), tool));

    [Theory]
    [MemberData(nameof(Appliers))]
    public async Task Applied_ByATool_IsTakenOverWithoutARestart(string tool, string metadata) =>
        await TakenOverAsync(tool, s => s.Store.Apply(Web(metadata), tool));

    [Fact]
    public async Task Created_ThenEditedByHand_IsTakenOverWithoutARestart() => await TakenOverAsync("kubectl-edit", s =>
    {
        s.Put(Web(env: "{name: A, value: \"1\"}"), "kubectl-create");
        s.Store.Change("apps/v1", "Deployment", "default", "web", d => Container(d)["env"]!.AsArray().Add(new JsonObject { ["name"] = "B", ["value"] = "2" }), "kubectl-edit");
    });

    [Fact]
    public async Task BeforeFirstApply_OfKubectlsClientSide_IsTakenOverWithoutARestart() => await TakenOverAsync("", s =>
    {
        // Applied before servers kept managedFields, then once on the server's side by somebody else.
        s.Put(Web($"  annotations: {{ {LastApplied}: '{{\"metadata\":{{\"labels\":{{\"app\":\"web\",\"gone\":\"soon\"}}}},\"spec\":{{\"template\":{{\"spec\":{{\"containers\":[{{\"name\":\"web\",\"env\":[{{\"name\":\"A\"}},{{\"name\":\"B\"}}]}}]}}}}}}}}' }}"), "old");
        s.Store.Change("apps/v1", "Deployment", "default", "web", d => d["metadata"]!["managedFields"] = new JsonArray(new JsonObject()), "old");
        s.Store.Apply("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: default, annotations: {x: theirs}}}", "somebody");
    });

    [Fact]
    public async Task ManagedFields_OfNobody_AreTakenOverWithoutARestart() => await TakenOverAsync("", s =>
    {
        s.Put(Web(), "kubectl-client-side-apply");
        s.Store.Change("apps/v1", "Deployment", "default", "web", d => d["metadata"]!["managedFields"] = new JsonArray(new JsonObject()), "somebody");
    });

    private static async Task TakenOverAsync(string tool, Action<DriftScene> before)
    {
        JsonObject was = [];
        List<string> pods = [];
        await using var scene = await DriftScene.StartAsync(Git(Web()), before: s =>
        {
            before(s);
            was = Running(s);
            pods = Pods(s);
            s.Mark();
        });
        var now = scene.Live("apps/v1", "Deployment", "web");
        Assert.True(JsonNode.DeepEquals(was["spec"], now["spec"]), now["spec"]!.ToJsonString());
        Assert.Equal((string?)was["metadata"]!["uid"], (string?)now["metadata"]!["uid"]);
        Assert.Equal(pods, Pods(scene));
        var managers = now["metadata"]!["managedFields"]!.AsArray().Where(m => m!["subresource"] is null).Select(m => (string?)m!["manager"]).ToList();
        Assert.Contains("fleet-agent", managers);
        if (tool.Length > 0) Assert.DoesNotContain(tool, managers);
        Assert.Null(now["metadata"]!["annotations"]?[LastApplied]);

        await scene.AssignReadyAsync(Git(Web(env: "{name: A, value: \"1\"}").Replace(", gone: soon", "", StringComparison.Ordinal)));
        now = scene.Live("apps/v1", "Deployment", "web");
        Assert.Equal(["A"], Container(now)["env"]!.AsArray().Select(e => (string?)e!["name"]));
        Assert.Null(now["metadata"]!["labels"]!["gone"]);
    }

    [Theory]
    [InlineData("kubectl-client-side-apply")]
    [InlineData("helm")]
    public async Task IfEqual_TheLiveObjectHasWhatGitHasNot_IsRefusedAndNamed(string tool)
    {
        await using var rig = await AgentRig.StartAsync(cluster: new SimulatedClusterOptions { Name = "one", ReadyDelay = TimeSpan.FromMilliseconds(20) });
        rig.Cluster.Store.Put((JsonObject)YamlReader.Read(Web(env: "{name: A, value: \"1\"}, {name: EXTRA, value: x}"), YamlLimits.Default, []).Single().Root!, tool);
        rig.Hub.Assign("shop", Git(Web(env: "{name: A, value: \"1\"}")));
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Stalled);
        Assert.Equal("Exists", report.Error.Reason);
        Assert.Contains("EXTRA", report.Error.Message, StringComparison.Ordinal);
        Assert.Contains("adopt: always", report.Error.Message, StringComparison.Ordinal);
        var live = rig.Cluster.Store.Get("apps/v1", "Deployment", "default", "web")!;
        Assert.Equal(2, Container(live)["env"]!.AsArray().Count);
        Assert.DoesNotContain("fleet-agent", live.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain(rig.Cluster.Requests.Writes(), r => r.Resource == "deployments");
    }

    [Fact]
    public async Task Always_TheLiveObjectHasWhatGitHasNot_ItGoes()
    {
        await using var scene = await DriftScene.StartAsync(Git(Web(env: "{name: A, value: \"1\"}")), s => s.Adopt = "always",
            s => s.Put(Web(env: "{name: A, value: \"1\"}, {name: EXTRA, value: x}", replicas: 5), "kubectl-client-side-apply"));
        var live = scene.Live("apps/v1", "Deployment", "web");
        Assert.Equal(["A"], Container(live)["env"]!.AsArray().Select(e => (string?)e!["name"]));
        Assert.Equal(2, (int)live["spec"]!["replicas"]!);
    }

    [Fact]
    public async Task Never_TheObjectExists_IsLeftAloneThoughEqual()
    {
        await using var rig = await AgentRig.StartAsync();
        rig.Cluster.Store.Apply(Web(), "kubectl");
        rig.Hub.Assign("shop", Git(Web()), s => s.Adopt = "never");
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Stalled);
        Assert.Contains("adopt: never", report.Error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(rig.Cluster.Requests.Writes(), r => r.Resource == "deployments");
    }

    [Fact]
    public async Task Foreign_ChangedBetweenTheLookAndTheApply_IsLookedAtAgain()
    {
        await using var rig = await AgentRig.StartAsync();
        rig.Cluster.Store.Apply(Manifests.ConfigMap("settings", "1"), "kubectl");
        // Equal when it was compared; another tool writes it before our apply comes.
        rig.Cluster.Faults.Add(new()
        {
            Name = "race",
            Action = KubeSim.Faults.FaultAction.Fail,
            When = r =>
            {
                if (r is { Verb: "patch", DryRun: false, Name: "settings", FieldManager: "fleet-agent" }) rig.Cluster.Store.Change("v1", "ConfigMap", "default", "settings", c => c["data"]!["key"] = "theirs", "helm");
                return false;
            },
        });
        rig.Hub.Assign("shop", Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings", "1"))));
        await rig.Hub.WaitForReportAsync("shop", r => r.Error?.Reason == "Exists", 40);
        Assert.Equal("theirs", (string?)rig.Cluster.Store.Get("v1", "ConfigMap", "default", "settings")!["data"]!["key"]);
    }

    private static JsonObject Running(DriftScene scene)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        return scene.Store.WaitForAsync("apps/v1", "Deployment", "default", "web", d => (int?)d?["status"]?["readyReplicas"] == 2 && (int?)d["status"]!["updatedReplicas"] == 2
            && (int?)d["status"]!["observedGeneration"] == (int?)d["metadata"]!["generation"] && Pods(scene).Count == 2, limit.Token).GetAwaiter().GetResult()!;
    }

    private static List<string> Pods(DriftScene scene) => [.. scene.Store.List("v1", "Pod", "default").Where(p => p["metadata"]!["deletionTimestamp"] is null).Select(p => (string)p["metadata"]!["uid"]!).Order(StringComparer.Ordinal)];

    private static JsonObject Container(JsonObject deployment) => (JsonObject)deployment["spec"]!["template"]!["spec"]!["containers"]![0]!;
}
