using System.Text.Json.Nodes;
using Fleet.Agent.Tests.Fakes;

namespace Fleet.Agent.Tests.Drift;

/// <summary>
/// What is no drift, each with a twin: the harmless thing happens and nothing is written or reported; then a real drift is
/// made beside it, and is found, named and healed, while the harmless thing stays.
/// </summary>
public sealed class FalseAlarmTests
{
    private const string Web = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          namespace: default
          labels: {app: web}
          annotations: {team: shop}
        spec:
          replicas: 2
          selector:
            matchLabels: {app: web}
          template:
            metadata:
              labels: {app: web}
              annotations: {version: "1"}
            spec:
              initContainers:
                - {name: first, image: "init:1"}
                - {name: second, image: "init:2"}
              containers:
                - name: web
                  image: nginx:1
                  ports: [{containerPort: 80}]
                  resources:
                    requests: {cpu: 1000m, memory: 1024Mi}
                    limits: {cpu: "2.0", memory: 1073741824}
                  env: [{name: A, value: "1"}]

        """;

    private static Dictionary<string, string> Files(string text) => Manifests.Files(("it.yaml", text));

    [Fact]
    public Task Defaults_FilledByTheServer_AreNoDrift() => RunAsync(Web, "apps/v1", "Deployment", "web",
        _ => { },
        d => (string?)d["spec"]!["strategy"]!["type"] == "RollingUpdate",
        d => Container(d)["image"] = "nginx:9", ".spec.template.spec.containers[name=\"web\"].image", "\"nginx:1\"", "\"nginx:9\"");

    [Fact]
    public Task Defaults_ChangedBySomebody_AreNotOurs() => RunAsync(Web, "apps/v1", "Deployment", "web",
        s => s.Store.Change("apps/v1", "Deployment", "default", "web", d => d["spec"]!["revisionHistoryLimit"] = 3, "kubectl-edit"),
        d => (int)d["spec"]!["revisionHistoryLimit"]! == 3,
        d => d["spec"]!["replicas"] = 5, ".spec.replicas", "2", "5");

    [Fact]
    public Task Quantities_SpelledOtherwise_AreNoDrift() => RunAsync(Web, "apps/v1", "Deployment", "web",
        _ => { },
        d => (string?)Container(d)["resources"]!["requests"]!["cpu"] == "1",
        d => Container(d)["resources"]!["requests"]!["cpu"] = "1500m", ".spec.template.spec.containers[name=\"web\"].resources.requests.cpu", "\"1\"", "\"1500m\"");

    [Fact]
    public Task Status_Written_IsNoDrift() => RunAsync(Web, "apps/v1", "Deployment", "web",
        s => s.Store.Change("apps/v1", "Deployment", "default", "web", d => d["status"]!["collisionCount"] = 7, "some-controller", "status"),
        d => (int)d["status"]!["collisionCount"]! == 7,
        d => d["spec"]!["replicas"] = 5, ".spec.replicas", "2", "5");

    [Fact]
    public Task OtherManagers_TheirOwnFieldsAndItems_AreNoDrift() => RunAsync(Web, "apps/v1", "Deployment", "web",
        s => s.Store.Apply("""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web, namespace: default, labels: {theirs: "yes"}}
            spec: {template: {spec: {containers: [{name: sidecar, image: "side:1"}]}}}
            """, "injector"),
        d => d["spec"]!["template"]!["spec"]!["containers"]!.AsArray().Any(c => (string?)c!["name"] == "sidecar") && (string?)d["metadata"]!["labels"]!["theirs"] == "yes",
        d => Container(d)["env"]![0]!["value"] = "2", ".spec.template.spec.containers[name=\"web\"].env[name=\"A\"].value", "\"1\"", "\"2\"");

    [Fact]
    public Task Annotate_ByKubectl_IsNoDrift() => RunAsync(Web, "apps/v1", "Deployment", "web",
        s => s.Store.Change("apps/v1", "Deployment", "default", "web", d => d["metadata"]!["annotations"]!["note"] = "theirs", "kubectl-annotate"),
        d => (string?)d["metadata"]!["annotations"]!["note"] == "theirs",
        d => d["metadata"]!["annotations"]!["team"] = "other", ".metadata.annotations.team", "\"shop\"", "\"other\"");

    [Fact]
    public Task RolloutRestart_Annotation_StaysAndIsNoDrift() => RunAsync(Web, "apps/v1", "Deployment", "web",
        s => s.Store.Change("apps/v1", "Deployment", "default", "web", d => d["spec"]!["template"]!["metadata"]!["annotations"]!["kubectl.kubernetes.io/restartedAt"] = "2026-01-01T00:00:00Z", "kubectl-rollout"),
        d => d["spec"]!["template"]!["metadata"]!["annotations"]!["kubectl.kubernetes.io/restartedAt"] is not null,
        d => d["spec"]!["template"]!["metadata"]!["annotations"]!["version"] = "2", ".spec.template.metadata.annotations.version", "\"1\"", "\"2\"");

    [Fact]
    public Task ManagedFields_Cleared_AreTakenOverSilently() => RunAsync(Web, "apps/v1", "Deployment", "web",
        s => s.Store.Change("apps/v1", "Deployment", "default", "web", d => d["metadata"]!["managedFields"] = new JsonArray(new JsonObject()), "somebody"),
        d => !Managers(d).Contains("fleet-agent"),
        d => d["spec"]!["replicas"] = 5, ".spec.replicas", "2", "5", cleared: true);

    [Fact]
    public Task Upgrade_ServerRewritesAValueAsItNowStoresIt_IsANewBaseline() => RunAsync(Web, "apps/v1", "Deployment", "web",
        s =>
        {
            // From now on the server stores this field in another form, and its storage migration rewrites what is there.
            s.Rig.Cluster.Admission.Add("upgrade", r => Rewrite(r.Object), "Deployment");
            s.Store.Change("apps/v1", "Deployment", "default", "web", d => d["metadata"]!["annotations"]!["migrated"] = "1", "kube-storage-version-migrator");
        },
        d => (string?)Container(d)["image"] == "docker.io/nginx:1",
        d => d["spec"]!["replicas"] = 5, ".spec.replicas", "2", "5");

    [Fact]
    public Task Upgrade_ServerHasANewDefault_IsNoDrift() => RunAsync(Web, "apps/v1", "Deployment", "web",
        s =>
        {
            s.Rig.Cluster.Admission.Add("upgrade", r => { r.Object["spec"]!["template"]!["spec"]!["priority"] ??= 5; return null; }, "Deployment");
            s.Store.Change("apps/v1", "Deployment", "default", "web", d => d["spec"]!["template"]!["spec"]!["priority"] = 5, "kube-storage-version-migrator");
        },
        d => (int)d["spec"]!["template"]!["spec"]!["priority"]! == 5,
        d => d["spec"]!["replicas"] = 5, ".spec.replicas", "2", "5");

    [Fact]
    public async Task MutatingWebhook_ChangesOurField_IsSaidOnceAndIsNoDrift()
    {
        await using var scene = await DriftScene.StartAsync(Files(Web), before: s => s.Rig.Cluster.Admission.Add("registry", r => Rewrite(r.Object), "Deployment"));
        scene.Mark();
        await scene.AssertQuietAsync("web");
        var report = scene.Rig.Hub.ReportOf("shop")!;
        var note = Assert.Single(report.Notes, n => n.Contains("changed at admission", StringComparison.Ordinal));
        Assert.Contains("Deployment.apps default/web: changed at admission: .spec.template.spec.containers[web].image", note, StringComparison.Ordinal);
        scene.Mark();
        scene.Store.Change("apps/v1", "Deployment", "default", "web", d => Container(d)["image"] = "docker.io/evil", "evil-controller");
        await scene.AssertHealedAsync("Deployment", "web", ".spec.template.spec.containers[name=\"web\"].image", "\"docker.io/nginx:1\"", "\"docker.io/evil\"", "evil-controller");
    }

    [Fact]
    public Task CaInjection_IntoAWebhook_IsNoDrift() => RunAsync("""
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingWebhookConfiguration
        metadata: {name: it}
        webhooks:
        - name: a.example.com
          admissionReviewVersions: [v1]
          sideEffects: None
          failurePolicy: Ignore
          clientConfig: {service: {namespace: default, name: hooks, path: /a}}
          rules: [{apiGroups: [example.com], apiVersions: [v1], operations: [CREATE], resources: [widgets]}]

        """, "admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "it",
        s => s.Store.Change("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "", "it", w => w["webhooks"]![0]!["clientConfig"]!["caBundle"] = "Y2E=", "cainjector"),
        w => (string?)w["webhooks"]![0]!["clientConfig"]!["caBundle"] == "Y2E=",
        w => w["webhooks"]![0]!["failurePolicy"] = "Fail", ".webhooks[name=\"a.example.com\"].failurePolicy", "\"Ignore\"", "\"Fail\"");

    [Fact]
    public Task CaInjection_IntoADefinition_IsNoDrift() => RunAsync("""
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: widgets.example.com}
        spec:
          group: example.com
          scope: Namespaced
          names: {plural: widgets, kind: Widget, singular: widget, listKind: WidgetList}
          versions:
          - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
          conversion:
            strategy: Webhook
            webhook:
              conversionReviewVersions: [v1]
              clientConfig: {service: {namespace: default, name: hooks, path: /convert}}

        """, "apiextensions.k8s.io/v1", "CustomResourceDefinition", "widgets.example.com",
        s => s.Store.Change("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "widgets.example.com", c => c["spec"]!["conversion"]!["webhook"]!["clientConfig"]!["caBundle"] = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJkakNDQVIyZ0F3SUJBZ0lCQURBS0JnZ3Foa2pPUFFRREFqQWpNU0V3SHdZRFZRUUREQmhyTTNNdGMyVnkKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=", "cainjector"),
        c => c["spec"]!["conversion"]!["webhook"]!["clientConfig"]!["caBundle"] is not null,
        c => c["spec"]!["conversion"]!["webhook"]!["clientConfig"]!["service"]!["path"] = "/other", ".spec.conversion.webhook.clientConfig.service.path", "\"/convert\"", "\"/other\"");

    [Fact]
    public Task ServiceAccount_TokenAndPullSecretsAdded_AreNoDrift() => RunAsync("""
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: web, namespace: default, labels: {app: web}}
        secrets: [{name: ours}]

        """, "v1", "ServiceAccount", "web",
        s => s.Store.Change("v1", "ServiceAccount", "default", "web", a =>
        {
            a["secrets"]!.AsArray().Add(new JsonObject { ["name"] = "web-token-abcde" });
            a["imagePullSecrets"] = new JsonArray(new JsonObject { ["name"] = "web-dockercfg-abcde" });
        }, "openshift-controller-manager"),
        a => a["secrets"]!.AsArray().Count == 2 && a["imagePullSecrets"]!.AsArray().Count == 1,
        a => a["metadata"]!["labels"]!["app"] = "other", ".metadata.labels.app", "\"web\"", "\"other\"");

    [Fact]
    public Task AggregatedRole_RulesFilledByTheController_AreNoDrift() => RunAsync("""
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: all, labels: {app: web}}
        aggregationRule: {clusterRoleSelectors: [{matchLabels: {part: "yes"}}]}
        rules: []

        """, "rbac.authorization.k8s.io/v1", "ClusterRole", "all",
        s => s.Store.Apply("""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: part, labels: {part: "yes"}}
            rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
            """, "kubectl"),
        r => r["rules"] is JsonArray { Count: 1 },
        r => r["metadata"]!["labels"]!["app"] = "other", ".metadata.labels.app", "\"web\"", "\"other\"");

    private static JsonObject Container(JsonObject deployment) => (JsonObject)deployment["spec"]!["template"]!["spec"]!["containers"]!.AsArray().First(c => (string?)c!["name"] == "web")!;

    private static string? Rewrite(JsonObject deployment)
    {
        var container = Container(deployment);
        if ((string)container["image"]! is { } image && !image.StartsWith("docker.io/", StringComparison.Ordinal)) container["image"] = "docker.io/" + image;
        return null;
    }

    private static IEnumerable<string> Managers(JsonObject o) => (o["metadata"]!["managedFields"] as JsonArray ?? []).Select(m => (string?)m!["manager"] ?? "");

    private static async Task RunAsync(string manifest, string apiVersion, string kind, string name, Action<DriftScene> harmless, Func<JsonObject, bool> stands,
        Action<JsonObject> drift, string field, string expected, string actual, bool cleared = false)
    {
        await using var scene = await DriftScene.StartAsync(Files(manifest));
        scene.Mark();
        harmless(scene);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await scene.Store.WaitForAsync(apiVersion, kind, "default", name, o => o is not null && stands(o), limit.Token);
        await scene.AssertQuietAsync(name);
        Assert.True(stands(scene.Live(apiVersion, kind, name)), "the harmless thing stays");

        scene.Mark();
        scene.Store.Change(apiVersion, kind, "default", name, drift, "evil-controller");
        // An object without managedFields is not tracked by the server until the next apply: then nobody can be named.
        await scene.AssertHealedAsync(kind, name, field, expected, actual, cleared ? "" : "evil-controller", cleared ? 2 : 1);
        // An apply puts our entry back where it was cleared; everything else that is not ours stays as it was.
        if (cleared) return;
        Assert.True(stands(scene.Live(apiVersion, kind, name)), "the harmless thing outlives the correction");
    }
}
