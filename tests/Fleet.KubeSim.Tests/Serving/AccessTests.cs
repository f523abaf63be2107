using System.Net.Http.Headers;

namespace Fleet.KubeSim.Tests.Serving;

public class AccessTests
{
    private const string Role = """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: r, namespace: default}
        rules:
        - {apiGroups: [""], resources: [configmaps], verbs: [get], resourceNames: [mine]}
        - {apiGroups: [""], resources: [serviceaccounts], verbs: [impersonate], resourceNames: [tenant]}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: b, namespace: default}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
        subjects: [{kind: ServiceAccount, name: agent, namespace: default}]
        """;

    [Theory]
    [InlineData("GET", "/api/v1/namespaces/default/configmaps/mine", 404)]
    [InlineData("GET", "/api/v1/namespaces/default/configmaps/other", 403)]
    [InlineData("GET", "/api/v1/namespaces/default/configmaps", 403)]
    [InlineData("GET", "/api/v1/namespaces/kube-system/configmaps/mine", 403)]
    [InlineData("DELETE", "/api/v1/namespaces/default/configmaps/mine", 403)]
    [InlineData("GET", "/metrics", 403)]
    [InlineData("GET", "/apis", 200)]
    public async Task ServiceAccount_RoleWithResourceNames_OnlyWhatTheRoleSays(string method, string path, int expected)
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Store.Apply(Role);
        using var client = SimulatedApi.Client(api.Cluster, api.Cluster.AddToken("system:serviceaccount:default:agent"));

        var (status, _) = await api.SendAsync(new HttpMethod(method), path, client: client);

        Assert.Equal(expected, status);
    }

    [Theory]
    [InlineData("system:serviceaccount:default:tenant", 403, "system:serviceaccount:default:tenant")]
    [InlineData("system:serviceaccount:default:other", 403, "cannot impersonate-on:serviceaccount:get resource")]
    [InlineData("system:admin", 403, "cannot impersonate-on:user-info:get resource \\u0022configmaps\\u0022")]
    public async Task Impersonation_RightForOneAccount_NotForOthers(string user, int expected, string message)
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Store.Apply(Role);
        using var client = SimulatedApi.Client(api.Cluster, api.Cluster.AddToken("system:serviceaccount:default:agent"));
        client.DefaultRequestHeaders.Add("Impersonate-User", user);

        var (status, body) = await api.SendAsync(HttpMethod.Get, "/api/v1/namespaces/default/configmaps/mine", client: client);

        Assert.Equal(expected, status);
        Assert.Contains(message, body.ToJsonString());
    }

    [Fact]
    public async Task Token_Revoked_Unauthorized()
    {
        await using var api = await SimulatedApi.StartAsync();
        var token = api.Cluster.AddToken("someone", "system:masters");
        using var client = SimulatedApi.Client(api.Cluster, token);
        Assert.Equal(200, (await api.SendAsync(HttpMethod.Get, "/api/v1/secrets", client: client)).Status);

        api.Cluster.RevokeToken(token);

        Assert.Equal(401, (await api.SendAsync(HttpMethod.Get, "/api/v1/secrets", client: client)).Status);
    }

    [Fact]
    public async Task RoleBinding_Removed_RightIsGoneAtOnce()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Store.Apply(Role);
        using var client = SimulatedApi.Client(api.Cluster, api.Cluster.AddToken("system:serviceaccount:default:agent"));
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        Assert.Equal(404, (await api.SendAsync(HttpMethod.Get, "/api/v1/namespaces/default/configmaps/mine", client: client)).Status);

        api.Cluster.Store.Delete("rbac.authorization.k8s.io/v1", "RoleBinding", "default", "b");

        Assert.Equal(403, (await api.SendAsync(HttpMethod.Get, "/api/v1/namespaces/default/configmaps/mine", client: client)).Status);
    }
}
