using Fleet.Agent.Tests.Fakes;
using Fleet.V1;

namespace Fleet.Agent.Tests.Drift;

/// <summary>Fields that are left to others: turned on while the live value differs from Git, they keep it, through every later commit.</summary>
public sealed class LeftToOthersTests
{
    private static Dictionary<string, string> Web(string image = "nginx:1", int replicas = 3) => Manifests.Files(("web.yaml", Manifests.Deployment("web", replicas, image: image)));

    private static Action<TargetSpec> Ignore(params string[] fields) => s =>
    {
        var rule = new IgnoreRule { Group = "apps", Kind = "Deployment" };
        rule.Fields.Add(fields);
        s.Drift = new() { Mode = "correct" };
        s.Drift.Ignore.Add(rule);
    };

    private static int Replicas(DriftScene scene) => (int)scene.Live("apps/v1", "Deployment", "web")["spec"]!["replicas"]!;

    /// <summary>Every value that the field ever had, as a watch sees it.</summary>
    private static List<int> Watch(DriftScene scene)
    {
        var seen = new List<int>();
        scene.Rig.Cluster.Admission.AddValidating("history", r =>
        {
            if (!r.DryRun) lock (seen) seen.Add((int)r.Object["spec"]!["replicas"]!);
            return null;
        }, "Deployment");
        return seen;
    }

    [Fact]
    public async Task Replicas_IgnoredWhileLiveSays7_Stay7ThroughLaterCommits()
    {
        await using var scene = await DriftScene.StartAsync(Web(), s => s.Drift = new() { Mode = "report" });
        scene.Store.Change("apps/v1", "Deployment", "default", "web", d => d["spec"]!["replicas"] = 7, "kube-controller-manager", "scale");
        await scene.Rig.Hub.WaitForReportAsync("shop", r => DriftScene.Own(r).Any(d => d is { Field: ".spec.replicas", Expected: "3", Actual: "7", Healed: false }));
        var seen = Watch(scene);
        var report = await scene.AssignReadyAsync(Web(), Ignore("/spec/replicas"));
        Assert.Empty(DriftScene.Own(report));
        Assert.Equal(7, Replicas(scene));
        await scene.AssignReadyAsync(Web("nginx:2"), Ignore("/spec/replicas"));
        Assert.Equal(7, Replicas(scene));
        scene.Mark();
        scene.Store.Change("apps/v1", "Deployment", "default", "web", d => d["spec"]!["replicas"] = 8, "kube-controller-manager", "scale");
        await scene.AssertQuietAsync("web");
        Assert.All(seen, n => Assert.InRange(n, 7, 8));

        scene.Mark();
        scene.Store.Change("apps/v1", "Deployment", "default", "web", d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "evil", "kubectl-set");
        await scene.AssertHealedAsync("Deployment", "web", ".spec.template.spec.containers[name=\"web\"].image", "\"nginx:2\"", "\"evil\"", "kubectl-set");
        Assert.Equal(8, Replicas(scene));
    }

    [Fact]
    public async Task TwoRules_TurnedOnOneAfterTheOther_ResetNeither()
    {
        await using var scene = await DriftScene.StartAsync(Web(), s => s.Drift = new() { Mode = "report" });
        scene.Store.Change("apps/v1", "Deployment", "default", "web", d => d["spec"]!["replicas"] = 7, "tuner");
        await scene.AssignReadyAsync(Web(), Ignore("/spec/replicas"));
        var seen = Watch(scene);
        await scene.AssignReadyAsync(Web(), Ignore("/spec/replicas", "/spec/template/spec/containers[name=web]/image"));
        Assert.Equal(7, Replicas(scene));
        await scene.AssignReadyAsync(Web("nginx:2"), Ignore("/spec/replicas", "/spec/template/spec/containers[name=web]/image"));
        Assert.All(seen, n => Assert.Equal(7, n));
        Assert.Equal("nginx:1", (string?)scene.Live("apps/v1", "Deployment", "web")["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]);
    }

    [Theory]
    [InlineData("/spec/template/spec/containers[name=web]/image")]
    [InlineData("/spec/template/spec/containers[name=\"web\"]/image")]
    [InlineData("/spec/template/spec/containers/*/image")]
    public async Task ImageOfAListItem_IgnoredWhileLiveDiffers_Stays(string field)
    {
        await using var scene = await DriftScene.StartAsync(Web(), s => s.Drift = new() { Mode = "report" });
        scene.Store.Change("apps/v1", "Deployment", "default", "web", d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "nginx:7", "image-updater");
        await scene.Rig.Hub.WaitForReportAsync("shop", r => DriftScene.Own(r).Any());
        var images = new List<string>();
        scene.Rig.Cluster.Admission.AddValidating("history", r =>
        {
            if (!r.DryRun) lock (images) images.Add((string)r.Object["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!);
            return null;
        }, "Deployment");
        var report = await scene.AssignReadyAsync(Web(), Ignore(field));
        Assert.Empty(DriftScene.Own(report));
        await scene.AssignReadyAsync(Web("nginx:2", 4), Ignore(field));
        Assert.All(images, i => Assert.Equal("nginx:7", i));
        Assert.Equal(4, Replicas(scene));
        scene.Mark();
        scene.Store.Change("apps/v1", "Deployment", "default", "web", d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "nginx:8", "image-updater");
        await scene.AssertQuietAsync("web");
        scene.Mark();
        scene.Store.Change("apps/v1", "Deployment", "default", "web", d => d["spec"]!["replicas"] = 9, "kubectl-scale");
        await scene.AssertHealedAsync("Deployment", "web", ".spec.replicas", "4", "9", "kubectl-scale");
    }

    [Fact]
    public async Task Rule_NamesAnItemByItsPlace_IsRefusedAndNothingIsReset()
    {
        await using var scene = await DriftScene.StartAsync(Web(), s => s.Drift = new() { Mode = "report" });
        scene.Store.Change("apps/v1", "Deployment", "default", "web", d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "nginx:7", "image-updater");
        await scene.Rig.Hub.WaitForReportAsync("shop", r => DriftScene.Own(r).Any());
        scene.Mark();
        scene.Assign(Web(), Ignore("/spec/template/spec/containers/0/image"));
        var report = await scene.Rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Stalled);
        Assert.Equal("BadIgnoreRule", report.Error.Reason);
        Assert.Contains("containers[name=web]", report.Error.Message, StringComparison.Ordinal);
        Assert.Empty(scene.OwnWrites());
    }

    [Fact]
    public async Task Rule_InsideAnAtomicList_IsRefusedAndNothingIsReset()
    {
        const string ingress = """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web, namespace: default}
            spec:
              rules:
              - host: a.example.com
                http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}

            """;
        await using var scene = await DriftScene.StartAsync(Manifests.Files(("i.yaml", ingress)), s => s.Drift = new() { Mode = "report" });
        scene.Mark();
        scene.Assign(Manifests.Files(("i.yaml", ingress)), s =>
        {
            s.Drift = new();
            s.Drift.Ignore.Add(new IgnoreRule { Kind = "Ingress", Fields = { "/spec/rules[host=a.example.com]/http" } });
        });
        var report = await scene.Rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Stalled);
        Assert.Equal("BadIgnoreRule", report.Error.Reason);
        Assert.Contains("/spec/rules", report.Error.Message, StringComparison.Ordinal);
        Assert.Empty(scene.OwnWrites());
    }

    [Fact]
    public async Task Rule_TakenAway_GitHoldsAgainAndFieldsRemovedLaterGo()
    {
        await using var scene = await DriftScene.StartAsync(Web(), s => s.Drift = new() { Mode = "report" });
        scene.Store.Change("apps/v1", "Deployment", "default", "web", d => d["spec"]!["replicas"] = 7, "kube-controller-manager", "scale");
        await scene.AssignReadyAsync(Web(), Ignore("/spec/replicas"));
        Assert.Equal(7, Replicas(scene));
        await scene.AssignReadyAsync(Web());
        Assert.Equal(3, Replicas(scene));
        // Nothing may keep it alive once Git drops it: neither the autoscaler's entry nor the one that held the value for it.
        await scene.AssignReadyAsync(Web().ToDictionary(f => f.Key, f => f.Value.Replace("  replicas: 3\n", "", StringComparison.Ordinal)));
        Assert.Equal(1, Replicas(scene));
        Assert.DoesNotContain("fleet-agent-released", scene.Live("apps/v1", "Deployment", "web").ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rule_StandsWhenTheObjectIsAdopted_LiveValueIsKept()
    {
        const string applied = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web, namespace: default}
            spec:
              replicas: 7
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "nginx:1", ports: [{containerPort: 80}]}]}
            """;
        List<int> seen = [];
        await using var scene = await DriftScene.StartAsync(Web(), s => { Ignore("/spec/replicas")(s); s.Adopt = "always"; }, scene =>
        {
            scene.Put(applied, "kubectl-client-side-apply");
            seen = Watch(scene);
        });
        Assert.Equal(7, Replicas(scene));
        Assert.All(seen, n => Assert.Equal(7, n));
    }
}
