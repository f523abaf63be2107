using System.Security.Cryptography;
using System.Text;
using Fleet.Agent.Policy;
using Fleet.Agent.Tests.Fakes;
using Fleet.V1;

namespace Fleet.Agent.Tests.Policy;

/// <summary>A cluster's own policy binds the hub: what it does not allow is reported with the rule, and not touched.</summary>
public sealed class LocalPolicyTests
{
    private const string TeamA = """
        version: 1
        rules:
          - name: team-a
            assignments: ["shop*"]
            sources: ["team-a"]
            serviceAccount: team-a/deployer
            namespaces: ["team-a"]
            kinds: ["ConfigMap"]
        """;

    [Theory]
    [InlineData("shop", "", "team-a", "serviceAccount")]
    [InlineData("shop", "team-b/deployer", "team-a", "serviceAccount")]
    [InlineData("shop", "team-a/deployer", "team-b", "no rule")]
    [InlineData("bank", "team-a/deployer", "team-a", "no rule")]
    public async Task Assignment_NotAsTheRuleSays_IsRefusedWithoutACall(string name, string account, string source, string words)
    {
        await using var rig = await TenantRig.StartAsync(TeamA);
        rig.Hub.Assign(name, Files(("a", "team-a")), s => (s.ServiceAccount, s.SourceName) = (account, source));
        await RefusedAsync(rig, name, words);
        Assert.Empty(rig.Work());
        Assert.Empty(rig.Hub.ContentRequests);
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: team-b}\n", "ConfigMap team-b/b")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: kube-system}\n", "ConfigMap kube-system/b")]
    [InlineData("apiVersion: v1\nkind: Secret\nmetadata: {name: b, namespace: team-a}\n", "Secret team-a/b")]
    [InlineData("apiVersion: v1\nkind: Namespace\nmetadata: {name: team-a}\n", "Namespace team-a")]
    [InlineData("apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b, namespace: team-a}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\n", "RoleBinding.rbac.authorization.k8s.io team-a/b")]
    [InlineData("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\n", "ClusterRoleBinding.rbac.authorization.k8s.io b")]
    public async Task Object_OutsideOfTheRule_RefusesTheWholeAssignment(string manifest, string named)
    {
        await using var rig = await TenantRig.StartAsync(TeamA);
        rig.Hub.Assign("shop", Manifests.Files(("a.yaml", Manifests.ConfigMap("a", ns: "team-a")), ("b.yaml", manifest)), AsTeamA);
        await RefusedAsync(rig, "shop", named);
        Assert.DoesNotContain(rig.Work(), r => r.IsWrite || r.Resource.Length > 0);
        Assert.Null(rig.Cluster.Store.Get("v1", "ConfigMap", "team-a", "a"));
    }

    [Fact]
    public async Task Policy_NarrowedAndWidenedInPlace_StopsAndGoesOnWithoutARestart()
    {
        await using var rig = await TenantRig.StartAsync(TeamA);
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Files(("a", "team-a")), AsTeamA));
        File.WriteAllText(rig.PolicyFile, TeamA.Replace("ConfigMap", "Service", StringComparison.Ordinal));
        await RefusedAsync(rig, "shop", "rule 'team-a'");
        // Whatever happens to it, it is left alone: drift, a removal in Git, a deleted Assignment.
        var before = rig.Cluster.Requests.Where(_ => true).Max(r => r.Sequence);
        rig.Cluster.Store.Apply(Manifests.ConfigMap("a", "bent", "team-a"));
        rig.Hub.Send(new() { Command = new() { Id = "look", Reconcile = new() } });
        await rig.Hub.UntilAsync(() => rig.Hub.Results.Count == 1);
        rig.Hub.Remove("shop", RemovalPolicy.Delete);
        await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Stalled && r.Revision.Length == 0);
        Assert.Equal("bent", (string?)rig.Cluster.Store.Get("v1", "ConfigMap", "team-a", "a")!["data"]!["key"]);
        Assert.DoesNotContain(rig.Work(), r => r.Sequence > before && (r.IsWrite || (r.Resource == "configmaps" && r.Verb == "get")));
        // Allowed again: the tombstone is carried out, still as the account.
        File.WriteAllText(rig.PolicyFile, TeamA);
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-shop"), words: () => rig.Rig.Log.ToString());
        Assert.Null(rig.Cluster.Store.Get("v1", "ConfigMap", "team-a", "a"));
        Assert.All(rig.Work(), r => Assert.Equal(TenantRig.Deployer, r.User));
    }

    [Fact]
    public async Task Policy_Broken_AllowsNothingAndSaysLineAndKey()
    {
        await using var rig = await TenantRig.StartAsync(TeamA);
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Files(("a", "team-a")), AsTeamA));
        File.WriteAllText(rig.PolicyFile, TeamA.Replace("namespaces:", "namespace:", StringComparison.Ordinal));
        await RefusedAsync(rig, "shop", "line 7: rules[0].namespace is not known");
        await rig.Rig.ConcernAsync("policy", c => !c.Ok && c.Message.Contains("line 7", StringComparison.Ordinal));
        File.Delete(rig.PolicyFile);
        await RefusedAsync(rig, "shop", "Could not find file");
        Assert.NotNull(rig.Cluster.Store.Get("v1", "ConfigMap", "team-a", "a"));
        File.WriteAllText(rig.PolicyFile, TeamA);
        await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Ready);
    }

    [Fact]
    public async Task Tombstone_ForObjectsThatTheRuleNoLongerHolds_TakesOnlyWhatItMay()
    {
        const string both = "\"team-a\", \"team-b\"";
        await using var rig = await TenantRig.StartAsync(TeamA.Replace("namespaces: [\"team-a\"]", $"namespaces: [{both}]", StringComparison.Ordinal));
        rig.Cluster.Store.Apply("apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: guest, namespace: team-b}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}\nsubjects: [{kind: ServiceAccount, name: deployer, namespace: team-a}]\n");
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Files(("a", "team-a"), ("b", "team-b")), AsTeamA));
        File.WriteAllText(rig.PolicyFile, TeamA);
        await RefusedAsync(rig, "shop", "ConfigMap team-b/b");
        rig.Hub.Remove("shop", RemovalPolicy.Delete);
        await rig.Hub.WaitForReportAsync("shop", r => r is { Phase: ReportPhase.Stalled, Revision: "" } && r.Message.Contains("team-b/b", StringComparison.Ordinal));
        Assert.Null(rig.Cluster.Store.Get("v1", "ConfigMap", "team-a", "a"));
        Assert.NotNull(rig.Cluster.Store.Get("v1", "ConfigMap", "team-b", "b"));
    }

    [Fact]
    public async Task Agent_ItsOwnDeploymentInAnAssignment_IsRefusedByName()
    {
        // No policy, and all rights: still never.
        await using var rig = await AgentRig.StartAsync();
        foreach (var (name, manifest, named) in new[]
        {
            ("one", Manifests.Deployment("fleet-agent", ns: "fleet-system"), "Deployment.apps fleet-system/fleet-agent"),
            ("two", Manifests.Namespace("fleet-system"), "Namespace fleet-system"),
            ("three", Manifests.ConfigMap("fleet-agent-policy", ns: "fleet-system"), "ConfigMap fleet-system/fleet-agent-policy"),
        })
        {
            rig.Hub.Assign(name, Manifests.Files(("a.yaml", manifest)));
            var report = await rig.Hub.WaitForReportAsync(name, r => r is { Phase: ReportPhase.Stalled, Error.Reason: "AgentsOwn" });
            Assert.Contains(named, report.Message, StringComparison.Ordinal);
        }
        Assert.Null(rig.Cluster.Store.Get("apps/v1", "Deployment", "fleet-system", "fleet-agent"));
    }

    [Fact]
    public async Task Signers_CommitUnsignedOrByAnother_IsRefusedAndSignedIsApplied()
    {
        using var alice = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var eve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var rig = await TenantRig.StartAsync($"""
            {TeamA}
                signers: ["alice"]
            signers:
              - name: alice
                keys: ["{CommitSigning.PublicKey(alice)}"]
            """);
        var files = Files(("a", "team-a"));
        var plain = rig.Hub.Git.Commit(files);
        await AssignAsync(plain);
        await RefusedAsync(rig, "shop", "not signed");
        await AssignAsync(CommitSigning.Sign(rig.Hub.Git, plain, eve));
        await RefusedAsync(rig, "shop", "none of the signers");
        Assert.DoesNotContain(rig.Work(), r => r.Resource.Length > 0);
        var signed = CommitSigning.Sign(rig.Hub.Git, plain, alice);
        await AssignAsync(signed);
        await rig.Hub.WaitReadyAsync("shop", signed);

        Task AssignAsync(string commit)
        {
            var spec = new TargetSpec { AssignmentUid = "uid-shop", AssignmentName = "shop", Prune = true, Render = new() { Format = "raw", Recursive = true } };
            AsTeamA(spec);
            rig.Hub.AssignCommit("shop", commit, spec);
            return Task.CompletedTask;
        }
    }

    [Theory]
    [InlineData("rules: []", "line 1: version must be 1")]
    [InlineData("version: 1", "line 1: rules must be a list")]
    [InlineData("version: 1\nrules: {}", "line 2: rules must be a list")]
    [InlineData("version: 1\nrules: []\nrule: 1", "line 3: rule is not known here")]
    [InlineData("version: 1\nrules:\n- 5", "line 3: rules[0] must be a mapping")]
    [InlineData("version: 1\nrules:\n- name: x\n  assignments: [a]\n  agentRights: true\n  kinds: [a]", "line 3: rules[0].namespaces is missing")]
    [InlineData("version: 1\nrules:\n- name: x\n  assignments: [a]\n  agentRights: true\n  serviceAccount: a/b\n  namespaces: [a]\n  kinds: [a]", "line 3: rules[0] needs either serviceAccount")]
    [InlineData("version: 1\nrules:\n- name: x\n  assignments: [a]\n  namespaces: [a]\n  kinds: [a]", "line 3: rules[0] needs either serviceAccount")]
    [InlineData("version: 1\nrules:\n- name: x\n  assignments: [a]\n  agentRights: yes\n  namespaces: [a]\n  kinds: [a]", "line 5: rules[0].agentRights must be true or false")]
    [InlineData("version: 1\nrules:\n- name: x\n  assignments: [a]\n  serviceAccount: system:masters\n  namespaces: [a]\n  kinds: [a]", "line 5: rules[0].serviceAccount 'system:masters' is not")]
    [InlineData("version: 1\nrules:\n- name: x\n  serviceAccount: a/b\n  namespaces: [a]\n  kinds: [a]", "line 3: rules[0] needs assignments or sources")]
    [InlineData("version: 1\nrules:\n- name: x\n  assignments: []\n  serviceAccount: a/b\n  namespaces: [a]\n  kinds: [a]", "line 4: rules[0].assignments is empty")]
    [InlineData("version: 1\nrules:\n- name: x\n  assignments: [a]\n  serviceAccount: a/b\n  namespaces: a\n  kinds: [a]", "line 6: rules[0].namespaces must be a list")]
    [InlineData("version: 1\nrules:\n- name: x\n  assignments: [a]\n  serviceAccount: a/b\n  namespaces: [a]\n  kinds: [a]\n  signers: [eve]", "line 8: rules[0].signers names 'eve'")]
    [InlineData("version: 1\nrules:\n- name: x\n  assignments: [a]\n  serviceAccount: a/b\n  namespaces: [a]\n  kinds: [a]\n  signers: []", "line 8: rules[0].signers is empty")]
    [InlineData("version: 1\nrules: []\nsigners:\n- name: a\n  keys: [ssh-dss AAAA]", "line 5: signers[0].keys[0]")]
    [InlineData("version: 1\nrules: []\nsigners:\n- name: a", "line 4: signers[0].keys must be a list")]
    [InlineData("version: 1\nversion: 2", "line 2: it is not YAML")]
    [InlineData("a: [", "it is not YAML")]
    [InlineData("", "must be one YAML mapping")]
    public void Read_Mistakes_NameLineAndKey(string text, string words)
    {
        var (policy, errors) = PolicyReader.Read(text);
        Assert.Null(policy);
        Assert.Contains(errors, e => e.Contains(words, StringComparison.Ordinal));
    }

    private static async Task RefusedAsync(TenantRig rig, string name, string words)
    {
        await rig.Hub.WaitForReportAsync(name, r => r is { Phase: ReportPhase.Stalled, Error.Reason: "PolicyRefused" } && r.Message.Contains(words, StringComparison.Ordinal));
    }

    private static void AsTeamA(TargetSpec spec) => (spec.ServiceAccount, spec.SourceName) = ("team-a/deployer", "team-a");

    private static Dictionary<string, string> Files(params (string Name, string Namespace)[] files) =>
        files.ToDictionary(f => f.Name + ".yaml", f => Manifests.ConfigMap(f.Name, ns: f.Namespace));
}

/// <summary>Signs commits as ssh-keygen does.</summary>
internal static class CommitSigning
{
    public static string PublicKey(ECDsa key) => $"ecdsa-sha2-nistp256 {Convert.ToBase64String(Blob(key))}";

    public static string Sign(FakeGit git, string commit, ECDsa key)
    {
        var bytes = git.Objects[commit].Bytes;
        var digest = SHA512.HashData(bytes);
        byte[] signed = [.. "SSHSIG"u8, .. Text("git"u8), .. Text([]), .. Text("sha512"u8), .. Text(digest)];
        var raw = key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        byte[] pair = [.. Text([0, .. raw[..32]]), .. Text([0, .. raw[32..]])];
        byte[] envelope = [.. "SSHSIG"u8, 0, 0, 0, 1, .. Text(Blob(key)), .. Text("git"u8), .. Text([]), .. Text("sha512"u8), .. Text([.. Text("ecdsa-sha2-nistp256"u8), .. Text(pair)])];
        var armored = $"-----BEGIN SSH SIGNATURE-----\n {Convert.ToBase64String(envelope)}\n -----END SSH SIGNATURE-----";
        var text = Encoding.UTF8.GetString(bytes);
        var blank = text.IndexOf("\n\n", StringComparison.Ordinal);
        return git.Add(GitObjectType.Commit, Encoding.UTF8.GetBytes($"{text[..blank]}\ngpgsig {armored}{text[blank..]}"));
    }

    private static byte[] Blob(ECDsa key)
    {
        var q = key.ExportParameters(false).Q;
        return [.. Text("ecdsa-sha2-nistp256"u8), .. Text("nistp256"u8), .. Text([4, .. q.X!, .. q.Y!])];
    }

    private static byte[] Text(ReadOnlySpan<byte> bytes)
    {
        var text = new byte[4 + bytes.Length];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(text, bytes.Length);
        bytes.CopyTo(text.AsSpan(4));
        return text;
    }
}
