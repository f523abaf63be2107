namespace Fleet.KubeSim.Hosting;

/// <summary>The loops that run behind an API server.</summary>
internal sealed class ClusterControllers(ClusterState cluster)
{
    public void Start() => _ = cluster;

    public Task StopAsync() => Task.CompletedTask;
}
