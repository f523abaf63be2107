using Fleet.Agent.Tests.Fakes;
using Fleet.V1;

namespace Fleet.Agent.Tests.Policy;

/// <summary>With a serviceAccount, every call of an Assignment is made as that account, from the first to the last.</summary>
public sealed class ImpersonationTests
{
    private const string Deployer = TenantRig.Deployer;

    [Fact]
    public async Task Account_WholeLifeOfAnAssignment_NoCallIsTheAgentsOwn()
    {
        await using var rig = await TenantRig.StartAsync();
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Files("a", "b"), AsDeployer));
        // Drift is seen by its watch and healed by it; what Git drops is pruned by it.
        rig.Cluster.Store.Apply(Manifests.ConfigMap("a", "bent", "team-a"));
        await rig.Hub.WaitForReportAsync("shop", r => r.Corrections == 1 && r.Phase == ReportPhase.Ready);
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Files("a"), AsDeployer));
        Assert.Null(rig.Cluster.Store.Get("v1", "ConfigMap", "team-a", "b"));
        rig.Hub.Send(new() { Command = new() { Id = "look", Reconcile = new() { AssignmentUid = "uid-shop" } } });
        rig.Hub.Send(new() { Command = new() { Id = "plan", PreviewPlan = new() { Target = rig.Hub.TargetOf("shop"), Spec = Spec("shop", Deployer) } } });
        await rig.Hub.UntilAsync(() => rig.Hub.Results.Count == 2);
        rig.Hub.Remove("shop", RemovalPolicy.Delete);
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-shop"), words: () => rig.Rig.Log.ToString());

        Assert.Null(rig.Cluster.Store.Get("v1", "ConfigMap", "team-a", "a"));
        var foreign = rig.Work().Where(r => r.User != Deployer).ToList();
        Assert.True(foreign.Count == 0, TenantRig.Words(foreign));
        foreach (var verb in (string[])["get", "list", "watch", "patch", "delete"]) Assert.Contains(rig.Work(), r => r.Verb == verb && r.Namespace == "team-a" && r.Status < 300);
        Assert.Contains(rig.Work(), r => r.Path == "/api/v1");
        Assert.Contains(rig.Work(), r => r.Resource == "selfsubjectaccessreviews");
        // The account may not look at all namespaces, so nobody did.
        Assert.DoesNotContain(rig.Work(), r => r.Verb is "watch" or "list" && r.Namespace.Length == 0);
    }

    [Theory]
    [InlineData(RemovalPolicy.Delete)]
    [InlineData(RemovalPolicy.Keep)]
    public async Task Tombstone_AfterARestart_IsCarriedOutAsTheAccount(RemovalPolicy policy)
    {
        await using var rig = await TenantRig.StartAsync();
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Files("a"), AsDeployer));
        await rig.Rig.StopAgentAsync();
        rig.Hub.Remove("shop", policy);
        var before = rig.Cluster.Requests.Where(_ => true).Max(r => r.Sequence);
        await rig.StartAgentAsync(withPolicy: false);
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-shop"), words: () => rig.Rig.Log.ToString());
        var work = rig.Work().Where(r => r.Sequence > before).ToList();
        Assert.NotEmpty(work);
        Assert.All(work, r => Assert.Equal(Deployer, r.User));
        Assert.Equal(policy == RemovalPolicy.Delete, rig.Cluster.Store.Get("v1", "ConfigMap", "team-a", "a") is null);
    }

    [Fact]
    public async Task Tombstone_AccountHasLostItsRights_IsReportedAndNotDoneWithOthers()
    {
        await using var rig = await TenantRig.StartAsync();
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Files("a"), AsDeployer));
        await rig.Rig.StopAgentAsync();
        // The agent itself may do anything now: it still does not.
        rig.Cluster.Store.Apply("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: all}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\nsubjects: [{kind: ServiceAccount, name: fleet-agent, namespace: fleet-system}]\n");
        rig.Cluster.Store.Delete("rbac.authorization.k8s.io/v1", "RoleBinding", "team-a", "deployer");
        rig.Cluster.Store.Delete("v1", "ServiceAccount", "team-a", "deployer");
        rig.Hub.Remove("shop", RemovalPolicy.Delete);
        await rig.StartAgentAsync(withPolicy: false);
        var report = await rig.Hub.WaitForReportAsync("shop", r => r is { Phase: ReportPhase.Stalled, Error.Reason: "Forbidden" });
        Assert.Contains(Deployer, report.Message, StringComparison.Ordinal);
        Assert.NotNull(rig.Cluster.Store.Get("v1", "ConfigMap", "team-a", "a"));
        Assert.All(rig.Work(), r => Assert.Equal(Deployer, r.User));
    }

    [Fact]
    public async Task Account_ChangesMidWay_TheNewOneAloneActsFromThenOn()
    {
        await using var rig = await TenantRig.StartAsync();
        var commit = rig.Hub.Assign("shop", Files("a"), AsDeployer);
        await rig.Hub.WaitReadyAsync("shop", commit);
        var before = rig.Cluster.Requests.Where(_ => true).Max(r => r.Sequence);
        var other = Spec("shop", "team-a/second");
        rig.Hub.AssignCommit("shop", commit, other);
        await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Ready && r.AppliedSpecDigest == rig.Hub.TargetOf("shop").SpecDigest);
        rig.Cluster.Store.Apply(Manifests.ConfigMap("a", "bent", "team-a"));
        await rig.Hub.WaitForReportAsync("shop", r => r.Corrections == 1 && r.Phase == ReportPhase.Ready);
        rig.Hub.Remove("shop", RemovalPolicy.Delete);
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-shop"), words: () => rig.Rig.Log.ToString());
        Assert.All(rig.Work().Where(r => r.Sequence > before), r => Assert.Equal("system:serviceaccount:team-a:second", r.User));
    }

    [Fact]
    public async Task Account_OfAnotherTenant_IsNotLeftWithItsObjects()
    {
        await using var rig = await TenantRig.StartAsync();
        var commit = rig.Hub.Assign("shop", Manifests.Files(("a.yaml", Manifests.ConfigMap("a", ns: "team-b"))), AsDeployer);
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Error?.Reason == "Forbidden");
        Assert.Contains("team-b", report.Error.Message, StringComparison.Ordinal);
        Assert.Null(rig.Cluster.Store.Get("v1", "ConfigMap", "team-b", "a"));
        Assert.NotEqual(commit, report.AppliedRevision);
    }

    [Theory]
    [InlineData("system:masters", "BadServiceAccount")]
    [InlineData("team-a/deployer\r\nImpersonate-Group: system:masters", "BadServiceAccount")]
    [InlineData("kube-system/clusterrole-aggregation-controller", "AccountRefused")]
    [InlineData("fleet-system/fleet-agent", "AccountRefused")]
    public async Task Account_ThatWouldBeClusterAdmin_IsRefusedWithoutACall(string account, string reason)
    {
        await using var rig = await TenantRig.StartAsync();
        rig.Hub.Assign("shop", Files("a"), s => s.ServiceAccount = account);
        await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Stalled && r.Error.Reason == reason);
        rig.Hub.Send(new() { Command = new() { Id = "plan", PreviewPlan = new() { Target = rig.Hub.TargetOf("shop"), Spec = Spec("shop", account) } } });
        await rig.Hub.UntilAsync(() => rig.Hub.Results.Count == 1);
        Assert.Contains(reason, Assert.Single(rig.Hub.Results[0].Preview.Errors), StringComparison.Ordinal);
        Assert.Empty(rig.Work());
    }

    [Fact]
    public async Task Watch_RightToAllNamespacesTakenAway_GoesOnPerNamespace()
    {
        await using var rig = await TenantRig.StartAsync(start: false);
        rig.Cluster.Store.Apply("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: looks}\nrules: [{apiGroups: [\"\"], resources: [configmaps], verbs: [get, list, watch]}]\n");
        rig.Cluster.Store.Apply("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: looks}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: looks}\nsubjects: [{kind: ServiceAccount, name: deployer, namespace: team-a}]\n");
        var kube = new Fleet.Agent.Kube.Client.KubeClientOptions { WatchLifetime = TimeSpan.FromSeconds(1) };
        await rig.StartAgentAsync(withPolicy: false, o => o with { Kube = kube });
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Files("a"), AsDeployer));
        Assert.Contains(rig.Work(), r => r is { Verb: "watch", Resource: "configmaps", Namespace: "" } && r.User == Deployer);
        rig.Cluster.Store.Delete("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", "looks");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await rig.Cluster.Requests.WaitForAsync(r => r is { Verb: "watch", Resource: "configmaps", Namespace: "team-a", Status: 200 } && r.User == Deployer, limit.Token);
        rig.Cluster.Store.Apply(Manifests.ConfigMap("a", "bent", "team-a"));
        await rig.Hub.WaitForReportAsync("shop", r => r.Corrections == 1 && r.Phase == ReportPhase.Ready);
    }

    private static Dictionary<string, string> Files(params string[] names) =>
        names.ToDictionary(n => n + ".yaml", n => Manifests.ConfigMap(n, ns: "team-a"));

    private static void AsDeployer(TargetSpec spec) => spec.ServiceAccount = "team-a/deployer";

    private static TargetSpec Spec(string name, string account) =>
        new() { AssignmentUid = "uid-" + name, AssignmentName = name, Prune = true, Render = new() { Format = "raw", Recursive = true }, ServiceAccount = account.StartsWith("system:serviceaccount:", StringComparison.Ordinal) ? string.Join('/', account.Split(':')[2..]) : account };
}
