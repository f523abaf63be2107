using Fleet.Agent.Tests.Fakes;
using Fleet.V1;

namespace Fleet.Agent.Tests.Reconcile;

/// <summary>Changes that no update can make: said plainly, and made by a replacement only where the Assignment says so and nothing is lost by it.</summary>
public sealed class ForceTests
{
    private static string Job(string image) => $"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: once, namespace: default}}\nspec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: c, image: \"{image}\"}}]}}}}}}\n";

    private static string Web(string app) => Manifests.Deployment("web").Replace("app: web", $"app: {app}", StringComparison.Ordinal);

    private static string Stateful(string service) => $"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: db, namespace: default}}\nspec: {{serviceName: {service}, selector: {{matchLabels: {{app: db}}}}, template: {{metadata: {{labels: {{app: db}}}}, spec: {{containers: [{{name: c, image: pg}}]}}}}}}\n";

    private static string Binding(string role) => $"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: rb, namespace: default}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\nsubjects: [{{kind: ServiceAccount, name: default, namespace: default}}]\n";

    private static string Fixed(string kind, string value) => $"apiVersion: v1\nkind: {kind}\nmetadata: {{name: fixed, namespace: default}}\nimmutable: true\n{(kind == "Secret" ? "stringData" : "data")}: {{key: \"{value}\"}}\n";

    private static string Claim(string size) => $"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: disk, namespace: default}}\nspec: {{accessModes: [{size}], resources: {{requests: {{storage: 1Gi}}}}}}\n";

    public static TheoryData<string, string, string, string, string> Replaceable => new()
    {
        { "batch/v1", "Job", "once", Job("a:1"), Job("a:2") },
        { "apps/v1", "Deployment", "web", Web("one"), Web("two") },
        { "apps/v1", "StatefulSet", "db", Stateful("one"), Stateful("two") },
        { "rbac.authorization.k8s.io/v1", "RoleBinding", "rb", Binding("view"), Binding("edit") },
        { "v1", "ConfigMap", "fixed", Fixed("ConfigMap", "1"), Fixed("ConfigMap", "2") },
        { "v1", "Secret", "fixed", Fixed("Secret", "1"), Fixed("Secret", "2") },
    };

    [Theory]
    [MemberData(nameof(Replaceable))]
    public async Task Immutable_WithForce_IsMadeAnew(string apiVersion, string kind, string name, string old, string changed)
    {
        await using var rig = await AgentRig.StartAsync();
        var first = rig.Hub.Assign("shop", Manifests.Files(("x.yaml", old), ("other.yaml", Manifests.ConfigMap("other"))), s => s.Force = true);
        await rig.Hub.WaitForReportAsync("shop", r => r.AppliedRevision == first);
        var uid = (string?)rig.Cluster.Store.Get(apiVersion, kind, "default", name)!["metadata"]!["uid"];
        var second = rig.Hub.Assign("shop", Manifests.Files(("x.yaml", changed), ("other.yaml", Manifests.ConfigMap("other", "2"))), s => s.Force = true);
        await rig.Hub.WaitForReportAsync("shop", r => r.AppliedRevision == second);
        Assert.NotEqual(uid, (string?)rig.Cluster.Store.Get(apiVersion, kind, "default", name)!["metadata"]!["uid"]);
        var deletion = Assert.Single(rig.Cluster.Requests.Where(r => r.Verb == "delete" && r.Name == name));
        Assert.Equal(200, deletion.Status);
        Assert.Empty(rig.Log.Errors);
    }

    [Theory]
    [MemberData(nameof(Replaceable))]
    public async Task Immutable_WithoutForce_IsStalledAndSaysWhatToDo(string apiVersion, string kind, string name, string old, string changed)
    {
        await using var rig = await AgentRig.StartAsync();
        var first = rig.Hub.Assign("shop", Manifests.Files(("x.yaml", old), ("other.yaml", Manifests.ConfigMap("other"))));
        await rig.Hub.WaitForReportAsync("shop", r => r.AppliedRevision == first);
        var uid = (string?)rig.Cluster.Store.Get(apiVersion, kind, "default", name)!["metadata"]!["uid"];
        rig.Hub.Assign("shop", Manifests.Files(("x.yaml", changed), ("other.yaml", Manifests.ConfigMap("other", "2"))));
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Stalled && r.Error?.Reason == "Immutable");
        if (kind != "Secret") Assert.Contains("force: true", report.Error.Message, StringComparison.Ordinal);
        Assert.Equal("git", report.Error.Owner);
        Assert.Equal(uid, (string?)rig.Cluster.Store.Get(apiVersion, kind, "default", name)!["metadata"]!["uid"]);
        Assert.Equal("2", (string?)rig.Cluster.Store.Get("v1", "ConfigMap", "default", "other")!["data"]!["key"]);
        Assert.Empty(rig.Cluster.Requests.Where(r => r.Verb == "delete" && r.Name == name));
    }

    [Fact]
    public async Task Immutable_ClaimWithForce_IsNeverReplaced()
    {
        await using var rig = await AgentRig.StartAsync();
        var first = rig.Hub.Assign("shop", Manifests.Files(("x.yaml", Claim("ReadWriteOnce"))), s => s.Force = true);
        await rig.Hub.WaitForReportAsync("shop", r => r.AppliedRevision == first);
        rig.Hub.Assign("shop", Manifests.Files(("x.yaml", Claim("ReadWriteMany"))), s => s.Force = true);
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Stalled);
        Assert.Contains("never replaced", report.Error.Message, StringComparison.Ordinal);
        Assert.Empty(rig.Cluster.Requests.Where(r => r.Verb == "delete" && r.Resource == "persistentvolumeclaims"));
    }

    [Fact]
    public async Task Replacement_NewManifestWouldBeRefused_LeavesTheOldOneRunning()
    {
        await using var rig = await AgentRig.StartAsync();
        var first = rig.Hub.Assign("shop", Manifests.Files(("x.yaml", Web("one"))), s => s.Force = true);
        await rig.Hub.WaitForReportAsync("shop", r => r.AppliedRevision == first);
        // Another selector, and a template that does not match it.
        var bad = Web("one").Replace("matchLabels: {app: one}", "matchLabels: {app: two}", StringComparison.Ordinal);
        rig.Hub.Assign("shop", Manifests.Files(("x.yaml", bad)), s => s.Force = true);
        await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Stalled);
        Assert.Empty(rig.Cluster.Requests.Where(r => r.Verb == "delete" && r.Resource == "deployments"));
    }
}
