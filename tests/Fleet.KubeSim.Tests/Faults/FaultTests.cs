using Fleet.KubeSim.Faults;

namespace Fleet.KubeSim.Tests.Faults;

public class FaultTests
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task Fail_TooManyRequests_RetryAfterAndThenServed()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(new FaultRule { Name = "busy", Action = FaultAction.Fail, Resource = "configmaps", Status = 429, RetryAfter = 7, Count = 1 });

        using var refused = await api.Http.GetAsync(ConfigMaps);
        Assert.Equal(429, (int)refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(7), refused.Headers.RetryAfter!.Delta);
        Assert.Equal(200, (await api.GetAsync(ConfigMaps)).Status);
        Assert.Equal(1, api.Cluster.Faults.Met("busy"));
        Assert.Equal("busy", api.Cluster.Requests.Snapshot()[0].Fault);
    }

    [Theory]
    [InlineData("configmaps", "", 500)]
    [InlineData("secrets", "", 200)]
    [InlineData("configmaps", "watch", 200)]
    public async Task Fail_Criteria_MeetOnlyWhatTheyName(string resource, string verb, int expected)
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(new FaultRule { Name = "f", Action = FaultAction.Fail, Resource = resource, Verb = verb, Count = null });
        Assert.Equal(expected, (await api.GetAsync(ConfigMaps)).Status);
    }

    [Fact]
    public async Task Disconnect_AfterWork_WriteHasHappenedWithoutAnAnswer()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(new FaultRule { Name = "lost", Action = FaultAction.Disconnect, AfterWork = true, Verb = "patch" });

        await Assert.ThrowsAnyAsync<Exception>(() => api.ApplyAsync($"{ConfigMaps}/cm", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}"));

        Assert.NotNull(api.Cluster.Store.Get("v1", "ConfigMap", "default", "cm"));
    }

    [Fact]
    public async Task CutBody_List_BreaksInTheMiddle()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(new FaultRule { Name = "cut", Action = FaultAction.CutBody });
        await Assert.ThrowsAnyAsync<Exception>(() => api.GetAsync(ConfigMaps));
        Assert.Equal(200, (await api.GetAsync(ConfigMaps)).Status);
    }

    [Fact]
    public async Task Hang_Request_NoAnswerUntilTheClientGivesUp()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(new FaultRule { Name = "hang", Action = FaultAction.Hang });
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => api.Http.GetAsync(ConfigMaps, limit.Token));
    }

    [Fact]
    public async Task DropWatch_Events_NothingComesAndTheStreamStaysOpen()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(new FaultRule { Name = "silent", Action = FaultAction.DropWatch, Verb = "watch" });
        using var watch = await api.WatchAsync($"{ConfigMaps}?watch=1");
        var next = watch.NextAsync();
        await api.ApplyAsync($"{ConfigMaps}/cm", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}");
        await Task.WhenAny(next, Task.Delay(200));
        Assert.False(next.IsCompleted);

        api.Cluster.CloseWatches();
        Assert.Null(await next);
    }

    [Fact]
    public async Task ReorderEvents_TwoChanges_NeighboursSwapped()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Faults.Add(new FaultRule { Name = "swap", Action = FaultAction.ReorderEvents, Verb = "watch" });
        using var watch = await api.WatchAsync($"{ConfigMaps}?watch=1");
        await api.ApplyAsync($"{ConfigMaps}/a", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}");
        await api.ApplyAsync($"{ConfigMaps}/b", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}");
        Assert.Equal("ADDED b", await watch.NextTypeAsync());
        Assert.Equal("ADDED a", await watch.NextTypeAsync());
    }

    [Fact]
    public async Task AdmissionHook_Refuses_MessageReachesTheClient()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Cluster.Admission.Add("deny.example.com", review => review.Kind == "ConfigMap" ? "not here" : null);
        var (status, body) = await api.ApplyAsync($"{ConfigMaps}/a", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}");
        Assert.Equal(400, status);
        Assert.Equal("admission webhook \"deny.example.com\" denied the request: not here", (string?)body["message"]);
    }
}
