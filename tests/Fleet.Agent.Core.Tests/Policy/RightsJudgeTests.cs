using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Policy;

namespace Fleet.Agent.Core.Tests.Policy;

public sealed class RightsJudgeTests
{
    private static readonly OwnGround Ground = new("fleet-system");
    private static readonly PolicyRule TeamA = new()
    {
        Name = "team-a",
        Assignments = ["team-a-*"],
        Sources = ["team-a", "https://git.example.com/team-a/*"],
        ServiceAccount = new("team-a", "deployer"),
        Namespaces = ["team-a", "team-a-*"],
        Kinds = ["ConfigMap", "*.apps"],
    };

    private static readonly RightsJudge Free = new(Ground, PolicyStanding.None);
    private static readonly RightsJudge Bound = new(Ground, new(new([TeamA]), ""));

    [Theory]
    [InlineData("team-a/deployer", "system:serviceaccount:team-a:deployer")]
    [InlineData("team-a/de.pl-oyer1", "system:serviceaccount:team-a:de.pl-oyer1")]
    [InlineData("", "")]
    public void Account_AsKubernetesNamesThem_IsTaken(string account, string user) => Assert.Equal((null, user), Judged(Free, account));

    [Theory]
    [InlineData("system:masters", "BadServiceAccount")]
    [InlineData("system:serviceaccount:kube-system:default", "BadServiceAccount")]
    [InlineData("team-a/deployer\r\nImpersonate-Group: system:masters", "BadServiceAccount")]
    [InlineData("team-a/deployer\nImpersonate-Group: system:masters", "BadServiceAccount")]
    [InlineData("team-a/deployer ", "BadServiceAccount")]
    [InlineData(" team-a/deployer", "BadServiceAccount")]
    [InlineData("team-a/deployer,system:masters", "BadServiceAccount")]
    [InlineData("team-a:x/deployer", "BadServiceAccount")]
    [InlineData("team-a/x:y", "BadServiceAccount")]
    [InlineData("team-a/x/y", "BadServiceAccount")]
    [InlineData("team-a/", "BadServiceAccount")]
    [InlineData("/deployer", "BadServiceAccount")]
    [InlineData("../kube-system/default", "BadServiceAccount")]
    [InlineData("team-a/..", "BadServiceAccount")]
    [InlineData("Team-A/deployer", "BadServiceAccount")]
    [InlineData("kube-system/clusterrole-aggregation-controller", "AccountRefused")]
    [InlineData("kube-public/default", "AccountRefused")]
    [InlineData("kube-node-lease/default", "AccountRefused")]
    [InlineData("fleet-system/fleet-agent", "AccountRefused")]
    [InlineData("fleet-system/default", "AccountRefused")]
    public void Account_ThatNobodyMayBeMadeToActAs_IsRefusedWithAndWithoutAPolicy(string account, string reason)
    {
        Assert.Equal(reason, Judged(Free, account).Reason);
        Assert.Equal(reason, Judged(Bound, account).Reason);
    }

    [Theory]
    [InlineData("team-a/deployer", null)]
    [InlineData("", "PolicyRefused")]
    [InlineData("team-b/deployer", "PolicyRefused")]
    [InlineData("team-a/admin", "PolicyRefused")]
    public void Policy_OtherAccountOrNone_IsRefusedAndNamesTheRuleAndTheMend(string account, string? reason)
    {
        var verdict = Bound.Judge(new(account, "team-a-shop", "team-a", ""));
        Assert.Equal(reason, verdict.Refusal?.Reason);
        if (reason is null) return;
        Assert.Contains("the rule 'team-a'", verdict.Refusal!.Message, StringComparison.Ordinal);
        Assert.Contains("set serviceAccount: team-a/deployer", verdict.Refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("team-a-shop", "team-a", "", true)]
    [InlineData("team-a-shop", "other", "https://git.example.com/team-a/shop.git", true)]
    [InlineData("team-a-shop", "other", "https://git.example.com/team-b/shop.git", false)]
    [InlineData("team-a-shop", "", "", false)]
    [InlineData("team-ab", "team-a", "", false)]
    [InlineData("xteam-a-shop", "team-a", "", false)]
    public void Policy_RuleIsAboutNamesAndSources_NoRuleRefuses(string assignment, string source, string url, bool allowed)
    {
        var verdict = Bound.Judge(new("team-a/deployer", assignment, source, url));
        Assert.Equal(allowed, verdict.Refusal is null);
        if (!allowed) Assert.Contains("no rule", verdict.Refusal!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "ConfigMap", "team-a", "x", true)]
    [InlineData("apps", "Deployment", "team-a-1", "x", true)]
    [InlineData("", "ConfigMap", "team-b", "x", false)]
    [InlineData("", "ConfigMap", "kube-system", "x", false)]
    [InlineData("", "Secret", "team-a", "x", false)]
    [InlineData("example.com", "ConfigMap", "team-a", "x", false)]
    [InlineData("batch", "Job", "team-a", "x", false)]
    [InlineData("rbac.authorization.k8s.io", "RoleBinding", "team-a", "x", false)]
    [InlineData("", "ConfigMap", "", "x", false)]
    [InlineData("", "Namespace", "", "team-a", false)]
    public void Policy_Objects_OnlyItsNamespacesAndKinds(string group, string kind, string ns, string name, bool allowed) =>
        Assert.Equal(allowed, Bound.JudgeObject(new("team-a/deployer", "team-a-shop", "team-a", ""), new(group, kind, ns, name)) is null);

    [Theory]
    [InlineData("", "Namespace", "team-a", true)]
    [InlineData("", "Namespace", "kube-system", false)]
    [InlineData("rbac.authorization.k8s.io", "ClusterRole", "x", true)]
    [InlineData("rbac.authorization.k8s.io", "ClusterRoleBinding", "fleet-agent", false)]
    [InlineData("rbac.authorization.k8s.io", "ClusterRole", "fleet-agent-impersonate", false)]
    public void Policy_ClusterScopedAllowed_NamespacesMustStillBeItsOwn(string group, string kind, string name, bool allowed)
    {
        var judge = new RightsJudge(Ground, new(new([TeamA with { Kinds = ["*"], ClusterScoped = true }]), ""));
        Assert.Equal(allowed, judge.JudgeObject(new("team-a/deployer", "team-a-shop", "team-a", ""), new(group, kind, "", name)) is null);
    }

    [Theory]
    [InlineData("", "Secret", "fleet-system", "fleet-agent-identity")]
    [InlineData("apps", "Deployment", "fleet-system", "fleet-agent")]
    [InlineData("", "ConfigMap", "fleet-system", "anything")]
    [InlineData("", "Namespace", "", "fleet-system")]
    [InlineData("rbac.authorization.k8s.io", "ClusterRoleBinding", "", "fleet-agent")]
    public void AgentItself_IsNeverPartOfAnAssignment_EvenWithoutAPolicy(string group, string kind, string ns, string name)
    {
        var verdict = Free.JudgeObject(new("", "a", "s", ""), new(group, kind, ns, name));
        Assert.Equal("AgentsOwn", verdict?.Reason);
        Assert.Contains(name, verdict!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Policy_Broken_RefusesEverythingAndSaysWhere()
    {
        var judge = new RightsJudge(Ground, PolicyStanding.Broken("policy.yaml: line 3: rules[0].kinds is missing"));
        var verdict = judge.Judge(new("", "a", "s", ""));
        Assert.Equal("PolicyRefused", verdict.Refusal?.Reason);
        Assert.Contains("line 3: rules[0].kinds", verdict.Refusal!.Message, StringComparison.Ordinal);
        Assert.NotNull(judge.JudgeObject(new("", "a", "s", ""), new("", "ConfigMap", "default", "x")));
    }

    [Fact]
    public void Policy_FirstRuleDecides()
    {
        var judge = new RightsJudge(Ground, new(new([TeamA, TeamA with { Name = "wide", Assignments = ["*"], ServiceAccount = null }]), ""));
        Assert.NotNull(judge.Judge(new("", "team-a-shop", "team-a", "")).Refusal);
        Assert.Equal("wide", judge.Judge(new("", "other", "team-a", "")).Rule?.Name);
    }

    [Theory]
    [InlineData("*", "", true)]
    [InlineData("a*", "a", true)]
    [InlineData("*a*b*", "xxaxxbxx", true)]
    [InlineData("*a*b", "xxaxxbxx", false)]
    [InlineData("a.b", "axb", false)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("a?c", "abc", false)]
    public void Wildcard_Patterns_MatchWhole(string pattern, string text, bool expected) => Assert.Equal(expected, Wildcard.Matches(pattern, text));

    [Fact]
    public void Inventory_Actor_SurvivesStorageAndEveryChange()
    {
        var actor = new Actor("team-a/deployer", "shop", "team-a", "https://x");
        var state = InventoryState.Of("u").ActedOnBy(actor).Intend([(new("", "ConfigMap", "a", "b"), "v1")]);
        state = InventoryJson.Read(InventoryJson.Write(state.With(new() { Key = new("", "ConfigMap", "a", "c"), ApiVersion = "v1" }).Without(new("", "ConfigMap", "a", "b"))));
        Assert.Equal(actor, state.Actor);
        Assert.Single(state.Entries);
        Assert.Null(InventoryJson.Read(InventoryJson.Write(InventoryState.Of("u"))).Actor);
        Assert.Same(state, state.ActedOnBy(new("team-a/deployer", "shop", "team-a", "https://x")));
    }

    private static (string? Reason, string User) Judged(RightsJudge judge, string account)
    {
        var verdict = judge.Judge(new(account, "team-a-shop", "team-a", ""));
        return (verdict.Refusal?.Reason, verdict.User);
    }
}
