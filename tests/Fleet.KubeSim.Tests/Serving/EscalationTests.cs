using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Tests.Serving;

public class EscalationTests
{
    private const string Rbac = "/apis/rbac.authorization.k8s.io/v1";
    private const string Roles = $"{Rbac}/namespaces/default/roles";
    private const string Bindings = $"{Rbac}/namespaces/default/rolebindings";

    private const string Writer = """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: writer, namespace: default}
        rules:
        - {apiGroups: [rbac.authorization.k8s.io], resources: [roles, rolebindings], verbs: [create, update, patch, get]}
        - {apiGroups: [""], resources: [configmaps], verbs: [get, list]}
        - {apiGroups: [""], resources: [secrets], verbs: [get], resourceNames: [mine]}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: writer, namespace: default}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: writer}
        subjects: [{kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}]
        """;

    [Theory]
    [InlineData("""[{"apiGroups":[""],"resources":["configmaps"],"verbs":["list"]}]""", 201, "")]
    [InlineData("""[{"apiGroups":[""],"resources":["secrets"],"resourceNames":["mine"],"verbs":["get"]}]""", 201, "")]
    [InlineData("""[{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}]""", 403, "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}")]
    [InlineData("""[{"apiGroups":["","apps"],"resources":["pods","configmaps"],"verbs":["get","delete"]}]""", 403, "{APIGroups:[\"\"], Resources:[\"configmaps\"], Verbs:[\"delete\"]}\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\" \"delete\"]}\n{APIGroups:[\"apps\"], Resources:[\"configmaps\"], Verbs:[\"get\" \"delete\"]}\n{APIGroups:[\"apps\"], Resources:[\"pods\"], Verbs:[\"get\" \"delete\"]}")]
    [InlineData("""[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]""", 403, "{APIGroups:[\"*\"], Resources:[\"*\"], Verbs:[\"*\"]}")]
    public async Task Role_GrantsMoreThanTheWriterHas_Refused(string rules, int expected, string missing)
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Store.Apply(Writer);
        using var eve = SimulatedApi.Client(api.Cluster, api.Cluster.AddToken("eve"));

        var (status, body) = await api.SendAsync(HttpMethod.Post, Roles, Role(rules), client: eve);

        Assert.Equal(expected, status);
        if (expected == 403)
        {
            Assert.Equal(
                $"roles.rbac.authorization.k8s.io \"r\" is forbidden: user \"eve\" (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n{missing}",
                (string?)body["message"]);
        }
    }

    [Fact]
    public async Task Role_WriterMayEscalate_Allowed()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Store.Apply(Writer.Replace("verbs: [create, update, patch, get]", "verbs: [create, escalate]", StringComparison.Ordinal));
        using var eve = SimulatedApi.Client(api.Cluster, api.Cluster.AddToken("eve"));
        Assert.Equal(201, (await api.SendAsync(HttpMethod.Post, Roles, Role("""[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]"""), client: eve)).Status);
    }

    [Theory]
    [InlineData("ClusterRole", "view", 403, "is attempting to grant RBAC permissions not currently held:")]
    [InlineData("Role", "writer", 201, "")]
    [InlineData("Role", "none", 404, "role.rbac.authorization.k8s.io \"none\" not found")]
    public async Task Binding_OfARole_OnlyWhatTheWriterHas(string kind, string role, int expected, string message)
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Store.Apply(Writer);
        using var eve = SimulatedApi.Client(api.Cluster, api.Cluster.AddToken("eve"));
        var (status, body) = await api.SendAsync(HttpMethod.Post, Bindings, Binding(kind, role), client: eve);
        Assert.Equal(expected, status);
        Assert.Contains(message, (string?)body["message"] ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Binding_RoleIsMissing_RefusalsSaySoAndReviewsTellWhatAllows()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Store.Apply(Writer);
        await api.SendAsync(HttpMethod.Post, Bindings, Binding("ClusterRole", "gone"));
        using var eve = SimulatedApi.Client(api.Cluster, api.Cluster.AddToken("eve"));

        var (_, refused) = await api.SendAsync(HttpMethod.Get, "/api/v1/namespaces/default/pods", client: eve);
        var (_, review) = await api.SendAsync(
            HttpMethod.Post, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", """{"spec":{"resourceAttributes":{"namespace":"default","verb":"list","resource":"configmaps"}}}""", client: eve);

        Assert.Equal(
            "pods is forbidden: User \"eve\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\": RBAC: clusterrole.rbac.authorization.k8s.io \"gone\" not found",
            (string?)refused["message"]);
        Assert.Equal("RBAC: allowed by RoleBinding \"writer/default\" of Role \"writer\" to User \"eve\"", (string?)review["status"]!["reason"]);
    }

    [Theory]
    [InlineData("Impersonate-Group", "g", 400, "requested &user.DefaultInfo{Name:\"\", UID:\"\", Groups:[]string{\"g\"}, Extra:map[string][]string(nil)} without impersonating a user name")]
    [InlineData("Impersonate-User", "bob", 403, "configmaps is forbidden: User \"eve\" cannot impersonate-on:user-info:list resource \"configmaps\" in API group \"\" in the namespace \"default\"")]
    [InlineData("Impersonate-User", "system:node:n", 403, "configmaps is forbidden: User \"eve\" cannot impersonate-on:arbitrary-node:list resource \"configmaps\" in API group \"\" in the namespace \"default\"")]
    public async Task Impersonation_NotAllowed_RefusedAsTheFirstModeDoes(string header, string value, int expected, string message)
    {
        await using var api = await SimulatedApi.StartAsync();
        using var eve = SimulatedApi.Client(api.Cluster, api.Cluster.AddToken("eve"));
        eve.DefaultRequestHeaders.Add(header, value);
        var (status, body) = await api.SendAsync(HttpMethod.Get, "/api/v1/namespaces/default/configmaps", client: eve);
        Assert.Equal((expected, message), (status, (string?)body["message"]));
    }

    [Fact]
    public async Task Impersonation_ByAnAdministrator_UserGroupsUidAndExtra()
    {
        await using var api = await SimulatedApi.StartAsync();
        using var admin = SimulatedApi.Client(api.Cluster, api.Cluster.AdminToken);
        admin.DefaultRequestHeaders.Add("Impersonate-User", "bob");
        admin.DefaultRequestHeaders.Add("Impersonate-Group", "a");
        admin.DefaultRequestHeaders.Add("Impersonate-Uid", "7");
        admin.DefaultRequestHeaders.Add("Impersonate-Extra-Example.com%2FTeam", "x");

        var (_, review) = await api.SendAsync(HttpMethod.Post, "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}", client: admin);

        Assert.Equal(
            """{"username":"bob","uid":"7","groups":["a","system:authenticated"],"extra":{"example.com/team":["x"]}}""",
            review["status"]!["userInfo"]!.ToJsonString());
    }

    private static string Role(string rules) => new JsonObject { ["metadata"] = new JsonObject { ["name"] = "r" }, ["rules"] = JsonNode.Parse(rules) }.ToJsonString();

    private static string Binding(string kind, string role) => $$"""
        {"metadata":{"name":"b"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"{{kind}}","name":"{{role}}"},"subjects":[{"kind":"User","name":"eve","apiGroup":"rbac.authorization.k8s.io"} ]}
        """;
}
