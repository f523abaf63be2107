using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Tests.Serving;

public class SubresourceTests
{
    private const string Pods = "/api/v1/namespaces/default/pods";

    private const string Budget = """
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: b, namespace: default}
        spec: {minAvailable: 1, selector: {matchLabels: {app: a}}}
        """;

    [Fact]
    public async Task Eviction_BudgetAllowsNone_TooManyRequestsWithTheBudgetAsCause()
    {
        await using var api = await WithPodAsync();
        api.Cluster.Store.Apply(Budget);
        api.Cluster.Store.Change("policy/v1", "PodDisruptionBudget", "default", "b", b => b["status"] = Status(allowed: 0), subresource: "status");

        var (status, body) = await api.SendAsync(HttpMethod.Post, $"{Pods}/p/eviction", Evict);

        Assert.Equal((429, "TooManyRequests"), (status, (string?)body["reason"]));
        Assert.Equal("Cannot evict pod as it would violate the pod's disruption budget.", (string?)body["message"]);
        Assert.Equal(
            """{"reason":"DisruptionBudget","message":"The disruption budget b needs 1 healthy pods and has 1 currently"}""",
            body["details"]!["causes"]![0]!.ToJsonString());
        Assert.Equal(200, (await api.GetAsync($"{Pods}/p")).Status);
    }

    [Fact]
    public async Task Eviction_BudgetAllowsOne_PodGoesAndTheBudgetIsLess()
    {
        await using var api = await WithPodAsync();
        api.Cluster.Store.Apply(Budget);
        api.Cluster.Store.Change("policy/v1", "PodDisruptionBudget", "default", "b", b => b["status"] = Status(allowed: 1), subresource: "status");

        Assert.Equal(201, (await api.SendAsync(HttpMethod.Post, $"{Pods}/p/eviction", Evict)).Status);

        Assert.Equal(404, (await api.GetAsync($"{Pods}/p")).Status);
        var budget = (await api.GetAsync("/apis/policy/v1/namespaces/default/poddisruptionbudgets/b")).Body["status"]!;
        Assert.Equal(0, (int)budget["disruptionsAllowed"]!);
        Assert.NotNull(budget["disruptedPods"]!["p"]);
    }

    [Fact]
    public async Task Binding_Twice_SecondIsAConflict()
    {
        await using var api = await WithPodAsync();
        const string binding = """{"apiVersion":"v1","kind":"Binding","metadata":{"name":"p"},"target":{"kind":"Node","name":"n"}}""";

        Assert.Equal(201, (await api.SendAsync(HttpMethod.Post, $"{Pods}/p/binding", binding)).Status);
        var (status, body) = await api.SendAsync(HttpMethod.Post, $"{Pods}/p/binding", binding);

        Assert.Equal("n", (string?)(await api.GetAsync($"{Pods}/p")).Body["spec"]!["nodeName"]);
        Assert.Equal((409, "Operation cannot be fulfilled on pods/binding \"p\": pod p is already assigned to node \"n\""), (status, (string?)body["message"]));
    }

    [Theory]
    [InlineData(60, 422)]
    [InlineData(3600, 201)]
    public async Task Token_Expiration_AtLeastTenMinutes(int seconds, int expected)
    {
        await using var api = await SimulatedApi.StartAsync();
        await api.ApplyAsync("/api/v1/namespaces/default/serviceaccounts/sa", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sa}");
        var (status, body) = await api.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/serviceaccounts/sa/token", $$"""{"spec":{"expirationSeconds":{{seconds}} } }""");
        Assert.Equal(expected, status);
        if (expected == 201)
        {
            using var client = SimulatedApi.Client(api.Cluster, (string)body["status"]!["token"]!);
            var (_, me) = await api.SendAsync(HttpMethod.Post, "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}", client: client);
            Assert.Equal("system:serviceaccount:default:sa", (string?)me["status"]!["userInfo"]!["username"]);
        }
    }

    private const string Evict = """{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p"}}""";

    private static JsonObject Status(int allowed) => new()
    {
        ["observedGeneration"] = 1, ["disruptionsAllowed"] = allowed, ["currentHealthy"] = 1, ["desiredHealthy"] = 1, ["expectedPods"] = 1,
    };

    private static async Task<SimulatedApi> WithPodAsync()
    {
        var api = await SimulatedApi.StartAsync();
        await api.ApplyAsync("/api/v1/namespaces/default/serviceaccounts/default", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}");
        await api.ApplyAsync($"{Pods}/p", "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: a}}\nspec: {containers: [{name: c, image: i}]}");
        await api.SendAsync(HttpMethod.Patch, $"{Pods}/p/status", """{"status":{"phase":"Running"}}""", "application/merge-patch+json");
        return api;
    }
}
