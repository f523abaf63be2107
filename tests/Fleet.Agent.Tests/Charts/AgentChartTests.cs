using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Kube;
using Fleet.Agent.Tests.Fakes;
using Fleet.Agent.Tests.Policy;

namespace Fleet.Agent.Tests.Charts;

/// <summary>What the chart installs, and that whoever holds the agent's own rights cannot make more of them.</summary>
public sealed class AgentChartTests
{
    private static readonly KubeResource Pods = new("", "v1", "Pod", "pods", true, []);
    private static readonly KubeResource Secrets = new("", "v1", "Secret", "secrets", true, []);
    private static readonly KubeResource ConfigMaps = new("", "v1", "ConfigMap", "configmaps", true, []);
    private static readonly KubeResource RoleBindings = new("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", true, []);
    private static readonly KubeResource ClusterRoleBindings = new("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", false, []);
    private static readonly WriteOptions Write = new("thief");

    [Fact]
    public void Impersonate_AnywhereInTheChart_OnlyNamedAccountsInTenantsNamespaces()
    {
        var grants = ChartText.Documents(TenantRig.Chart())
            .Where(d => d.Text("kind") is "Role" or "ClusterRole")
            .SelectMany(d => d.List("rules").Objects().Select(r => (Role: d, Rule: r)))
            .Where(g => g.Rule.List("verbs")!.Any(v => v.AsText() is "*" or "impersonate" || v.AsText()!.StartsWith("impersonate:", StringComparison.Ordinal))).ToList();
        Assert.Equal(2, grants.Count);
        Assert.All(grants, g =>
        {
            Assert.Equal("Role", g.Role.Text("kind"));
            Assert.StartsWith("team-", g.Role.Map("metadata").Text("namespace"), StringComparison.Ordinal);
            Assert.Equal(["serviceaccounts"], g.Rule.List("resources")!.Select(r => r.AsText()));
            Assert.NotEmpty(g.Rule.List("resourceNames")!);
        });
    }

    [Theory]
    [InlineData("kube-system", "x", "Kubernetes' own")]
    [InlineData("fleet-system", "x", "the agent's")]
    [InlineData("team-a", "", "names no serviceAccounts")]
    public void Tenants_ThatWouldGiveTheClusterAway_AreRefusedByTheChart(string ns, string account, string words)
    {
        var values = new JsonObject
        {
            ["hub"] = new JsonObject { ["address"] = "https://hub:9443", ["caPin"] = "sha256:00" },
            ["cluster"] = new JsonObject { ["name"] = "one" },
            ["tenants"] = new JsonArray(new JsonObject { ["namespace"] = ns, ["serviceAccounts"] = account.Length > 0 ? new JsonArray(account) : [] }),
        };
        Assert.Contains(words, Assert.Throws<InvalidOperationException>(() => ChartText.Render("fleet-agent", "fleet-system", values)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Policy_InTheValues_IsMountedAndReadable()
    {
        var documents = ChartText.Documents(ChartText.Render("fleet-agent", "fleet-system", new()
        {
            ["hub"] = new JsonObject { ["address"] = "https://hub:9443", ["caPin"] = "sha256:00" },
            ["cluster"] = new JsonObject { ["name"] = "one" },
            ["policy"] = JsonNode.Parse("""{"version":1,"rules":[{"name":"a","assignments":["*"],"serviceAccount":"team-a/deployer","namespaces":["team-a"],"kinds":["*"]}]}"""),
        })).ToList();
        var text = documents.Single(d => d.Text("kind") == "ConfigMap").Map("data").Text("policy.yaml")!;
        Assert.Equal("team-a/deployer", Fleet.Agent.Policy.PolicyReader.Read(text).Policy!.Rules[0].ServiceAccount!.ToString());
        var pod = documents.Single(d => d.Text("kind") == "Deployment").Map("spec").Map("template").Map("spec")!;
        Assert.Contains("--policy=/etc/fleet/policy/policy.yaml", pod.List("containers").Objects().Single().List("args")!.Select(a => a.AsText()));
        Assert.Contains(pod.List("volumes").Objects(), v => v.Map("configMap").Text("name") == "fleet-agent-policy");
    }

    [Theory]
    [InlineData("system:admin")]
    [InlineData("kubernetes-admin")]
    [InlineData("system:serviceaccount:kube-system:clusterrole-aggregation-controller")]
    [InlineData("system:serviceaccount:kube-system:default")]
    [InlineData("system:serviceaccount:team-a:default")]
    [InlineData("system:serviceaccount:team-b:second")]
    [InlineData("system:node:one")]
    public async Task AgentsRights_ActingAsAnybodyElse_IsForbidden(string user)
    {
        await using var rig = await TenantRig.StartAsync(start: false);
        rig.Cluster.Store.Apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: second, namespace: team-b}\n");
        var answer = await rig.As(TenantRig.Agent).Impersonating(user).GetAsync(ConfigMaps, "team-a", "x", default);
        Assert.Equal(403, answer.Error?.HttpStatus);
        Assert.Contains("cannot impersonate", answer.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AgentsRights_EveryWayToClusterAdmin_IsForbidden()
    {
        await using var rig = await TenantRig.StartAsync(start: false);
        rig.Cluster.Store.Apply("apiVersion: v1\nkind: Secret\nmetadata: {name: crown, namespace: team-a}\nstringData: {jewel: \"1\"}\n");
        rig.Cluster.Store.Apply("apiVersion: v1\nkind: Secret\nmetadata: {name: crown, namespace: kube-system}\nstringData: {jewel: \"1\"}\n");
        foreach (var user in (string[])[TenantRig.Agent, TenantRig.Deployer])
        {
            var api = user == TenantRig.Agent ? rig.As(user) : rig.As(TenantRig.Agent).Impersonating(user);
            Assert.Equal(403, (await api.CreateAsync(Pods, Pod("kube-system"), Write, default)).Error?.HttpStatus);
            Assert.Equal(403, (await api.CreateAsync(ClusterRoleBindings, Binding("ClusterRoleBinding", ""), Write, default)).Error?.HttpStatus);
            Assert.Equal(403, (await api.CreateAsync(RoleBindings, Binding("RoleBinding", "kube-system"), Write, default)).Error?.HttpStatus);
            // The tenant may write bindings in its own namespace, and still cannot hand out what it has not.
            Assert.Equal(403, (await api.CreateAsync(RoleBindings, Binding("RoleBinding", "team-a"), Write, default)).Error?.HttpStatus);
            foreach (var ns in (string[])["kube-system", "team-b"])
            {
                Assert.Equal(403, (await api.GetAsync(Secrets, ns, "crown", default)).Error?.HttpStatus);
                Assert.Equal(403, (await api.ListAsync(Secrets, new() { Namespace = ns }, 10, null, default)).Error?.HttpStatus);
            }
            Assert.Equal(403, (await api.ListAsync(Secrets, new(), 10, null, default)).Error?.HttpStatus);
        }
        // Its own rights do not reach into a tenant's namespace, but for acting as the named account.
        Assert.Equal(403, (await rig.As(TenantRig.Agent).GetAsync(Secrets, "team-a", "crown", default)).Error?.HttpStatus);
        Assert.Null((await rig.As(TenantRig.Agent).Impersonating(TenantRig.Deployer).GetAsync(Secrets, "team-a", "crown", default)).Error);
    }

    [Fact]
    public async Task Assignment_ThatBindsClusterAdmin_GetsNoFurtherThanItsTenant()
    {
        await using var rig = await TenantRig.StartAsync();
        rig.Hub.Assign("shop", Manifests.Files(
            ("a.yaml", Manifests.ConfigMap("a", ns: "team-a")),
            ("b.yaml", Binding("RoleBinding", "team-a").Json.ToJsonString()),
            ("c.yaml", Binding("ClusterRoleBinding", "").Json.ToJsonString()),
            ("d.yaml", Pod("kube-system").Json.ToJsonString())), s => s.ServiceAccount = "team-a/deployer");
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Resources.Count(x => x.Health == "NotApplied") == 3 && r.Error?.Reason == "Forbidden");
        Assert.Contains(report.Resources, r => r.Kind == "RoleBinding" && r.Message.Contains("RBAC permissions not currently held", StringComparison.Ordinal));
        Assert.NotNull(rig.Cluster.Store.Get("v1", "ConfigMap", "team-a", "a"));
        Assert.Null(rig.Cluster.Store.Get("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", "thief"));
        Assert.All(rig.Work(), r => Assert.Equal(TenantRig.Deployer, r.User));
    }

    private static KubeObject Pod(string ns) => new(new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["name"] = "thief", ["namespace"] = ns },
        ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "i" }) },
    });

    private static KubeObject Binding(string kind, string ns)
    {
        var metadata = new JsonObject { ["name"] = "thief" };
        if (ns.Length > 0) metadata["namespace"] = ns;
        return new(new()
        {
            ["apiVersion"] = "rbac.authorization.k8s.io/v1",
            ["kind"] = kind,
            ["metadata"] = metadata,
            ["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "ClusterRole", ["name"] = "cluster-admin" },
            ["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = "fleet-agent", ["namespace"] = "fleet-system" }),
        });
    }
}
