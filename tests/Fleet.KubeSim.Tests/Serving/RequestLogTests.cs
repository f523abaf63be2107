namespace Fleet.KubeSim.Tests.Serving;

public class RequestLogTests
{
    [Fact]
    public async Task Requests_ApplyDryRunAndRead_TellWritesFromTheRest()
    {
        await using var api = await SimulatedApi.StartAsync();
        const string body = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}";
        const string path = "/apis/apps/v1/namespaces/default/deployments/d";
        await api.ApplyAsync(path, body, "fieldManager=fleet-agent&dryRun=All");
        await api.ApplyAsync(path, body, "fieldManager=fleet-agent");
        await api.GetAsync(path);

        var write = Assert.Single(api.Cluster.Requests.Writes());
        Assert.Equal(("patch", "apps", "v1", "deployments", "default", "d"), (write.Verb, write.Group, write.Version, write.Resource, write.Namespace, write.Name));
        Assert.Equal((201, "fleet-agent", "application/apply-patch+yaml"), (write.Status, write.FieldManager, write.ContentType));
        Assert.Equal(3, api.Cluster.Requests.Count);
        api.Cluster.Requests.Clear();
        Assert.Empty(api.Cluster.Requests.Snapshot());
    }

    [Fact]
    public async Task Requests_MoreThanTheLogHolds_OldestAreDroppedAndCounted()
    {
        await using var api = await SimulatedApi.StartAsync(() => new() { Name = "small", RequestLogCapacity = 3, Controllers = false });
        for (var i = 0; i < 5; i++)
        {
            await api.GetAsync($"/api/v1/namespaces/n{i}");
        }

        Assert.Equal(5, api.Cluster.Requests.Count);
        Assert.Equal(["n2", "n3", "n4"], api.Cluster.Requests.Snapshot().Select(r => r.Name));
    }

    [Fact]
    public async Task WaitForAsync_RequestComesLater_Returned()
    {
        await using var api = await SimulatedApi.StartAsync();
        using var limit = new CancellationTokenSource(SimulatedApi.Patience);
        var waiting = api.Cluster.Requests.WaitForAsync(r => r.Path == "/version" && r.Status == 200, limit.Token);
        await api.GetAsync("/healthz");
        await api.GetAsync("/version");

        Assert.Equal("/version", (await waiting).Path);
    }
}
