using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Hosting;
using Fleet.Agent.Kube;
using Fleet.Agent.Kube.Client;
using Fleet.Agent.Tests.Charts;
using Fleet.Agent.Tests.Fakes;
using Fleet.KubeSim.Requests;

namespace Fleet.Agent.Tests.Policy;

/// <summary>An agent installed as its chart installs it, with no more rights than the chart's Roles give, and two tenants.</summary>
internal sealed class TenantRig : IAsyncDisposable
{
    public const string Agent = "system:serviceaccount:fleet-system:fleet-agent";
    public const string Deployer = "system:serviceaccount:team-a:deployer";
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-tenants-").FullName;
    private readonly List<IDisposable> _clients = [];

    private TenantRig(AgentRig rig) => Rig = rig;

    public AgentRig Rig { get; }
    public FakeHub Hub => Rig.Hub;
    public KubeSim.Hosting.SimulatedCluster Cluster => Rig.Cluster;
    public string PolicyFile => Path.Combine(_folder, "policy.yaml");

    public static async Task<TenantRig> StartAsync(string? policy = null, bool start = true, bool upgrades = false)
    {
        var rig = new TenantRig(await AgentRig.StartAsync(start: false));
        foreach (var ns in (string[])["fleet-system", "team-a", "team-b"])
        {
            rig.Cluster.Store.Apply($"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {ns}}}\n");
        }
        foreach (var document in ChartText.Documents(Chart(upgrades)).Where(d => d.Text("kind") is "Role" or "RoleBinding" or "ClusterRole" or "ClusterRoleBinding" or "ServiceAccount" || (upgrades && d.Text("kind") == "Deployment")))
        {
            rig.Cluster.Store.Apply(document.ToJsonString());
        }
        foreach (var (ns, name) in (IEnumerable<(string, string)>)[("team-a", "deployer"), ("team-a", "second"), ("team-b", "deployer")]) rig.Cluster.Store.Apply(Tenant(ns, name));
        if (policy is not null) File.WriteAllText(rig.PolicyFile, policy);
        if (start) await rig.StartAgentAsync(policy is not null);
        return rig;
    }

    public static string Chart(bool upgrades = false) => ChartText.Render("fleet-agent", "fleet-system", new()
    {
        ["hub"] = new JsonObject { ["address"] = "https://hub:9443", ["caPin"] = "sha256:00" },
        ["cluster"] = new JsonObject { ["name"] = "one" },
        ["image"] = new JsonObject { ["tag"] = "1" },
        ["upgrades"] = new JsonObject { ["enabled"] = upgrades },
        ["tenants"] = new JsonArray(
            new JsonObject { ["namespace"] = "team-a", ["serviceAccounts"] = new JsonArray("deployer", "second") },
            new JsonObject { ["namespace"] = "team-b", ["serviceAccounts"] = new JsonArray("deployer") }),
    });

    public Task StartAgentAsync(bool withPolicy, Func<AgentOptions, AgentOptions>? change = null)
    {
        var kubeconfig = FileFor(Agent);
        return Rig.StartAgentAsync(o => (change?.Invoke(o) ?? o) with { Kubeconfig = kubeconfig, PolicyFile = withPolicy ? PolicyFile : "", PolicyInterval = TimeSpan.FromMilliseconds(50) });
    }

    /// <summary>Calls as somebody, with that one's rights.</summary>
    public IKubeApi As(string user)
    {
        var api = new KubeApi(Fleet.Agent.Kube.Config.Kubeconfig.Load([FileFor(user)], "", TimeProvider.System), new(), TimeProvider.System);
        _clients.Add(api);
        return api;
    }

    /// <summary>Requests of an Assignment's work: everything that is not the agent's own housekeeping.</summary>
    /// <remarks>What is only just under way says nothing yet.</remarks>
    public IEnumerable<LoggedRequest> Work() => Cluster.Requests.Where(r => r is not { Status: 0, User: "" } && !IsHousekeeping(r));

    public static bool IsHousekeeping(LoggedRequest r) => r.User == Agent
        && (r is { Namespace: "fleet-system", Resource: "secrets" or "leases" }
            || r is { Resource: "namespaces", Verb: "get", Name: "fleet-system" or "kube-system" }
            || r.Path == "/version");

    public static string Words(IEnumerable<LoggedRequest> requests) => string.Join('\n', requests.Select(r => $"{r.User} {r.Verb} {r.Path} {r.Status}"));

    public async ValueTask DisposeAsync()
    {
        await Rig.DisposeAsync();
        foreach (var client in _clients) client.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    public string FileFor(string user)
    {
        var path = Path.Combine(_folder, user.Replace(':', '-'));
        if (!File.Exists(path)) File.WriteAllText(path, Cluster.KubeconfigWithToken(Cluster.AddToken(user, Groups(user))));
        return path;
    }

    private static IEnumerable<string> Groups(string user) =>
        user.Split(':') is ["system", "serviceaccount", var ns, _] ? ["system:serviceaccounts", $"system:serviceaccounts:{ns}"] : [];

    /// <summary>A tenant with all of its namespace, and nothing else.</summary>
    private static string Tenant(string ns, string name) => $$"""
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: {{name}}, namespace: {{ns}}}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: {{name}}, namespace: {{ns}}}
        rules:
        - {apiGroups: ["", apps, rbac.authorization.k8s.io], resources: [configmaps, secrets, services, deployments, roles, rolebindings], verbs: [get, list, watch, create, update, patch, delete]}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: {{name}}, namespace: {{ns}}}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{name}}}
        subjects: [{kind: ServiceAccount, name: {{name}}, namespace: {{ns}}}]
        """;
}
