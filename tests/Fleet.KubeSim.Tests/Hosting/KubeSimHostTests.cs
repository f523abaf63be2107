using System.Security.Cryptography.X509Certificates;
using Fleet.KubeSim.Hosting;

namespace Fleet.KubeSim.Tests.Hosting;

public class KubeSimHostTests
{
    [Fact]
    public async Task StartAsync_ManyClusters_EachAnswersForItselfAlone()
    {
        await using var host = await KubeSimHost.StartAsync(KubeSimOptions.WithClusters(5));
        foreach (var cluster in host.Clusters)
        {
            cluster.Store.Apply($"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {cluster.Name}, namespace: default}}");
        }

        foreach (var cluster in host.Clusters)
        {
            using var client = SimulatedApi.Client(cluster, cluster.AdminToken);
            var list = await client.GetStringAsync("/api/v1/namespaces/default/configmaps?fieldSelector=metadata.name!=kube-root-ca.crt");
            Assert.Contains($"\"name\":\"{cluster.Name}\"", list);
            Assert.Equal(1, list.Split("\"creationTimestamp\"").Length - 1);
        }

        Assert.Equal(5, host.Clusters.Select(c => c.Server).Distinct().Count());
    }

    [Fact]
    public async Task AddCluster_NameInUse_Refused()
    {
        await using var host = await KubeSimHost.StartOneAsync("a");
        var error = await Assert.ThrowsAsync<ArgumentException>(() => host.AddClusterAsync(new SimulatedClusterOptions { Name = "a" }));
        Assert.Contains("'a' is running already", error.Message);
        Assert.True(host["a"].IsServing);
    }

    [Fact]
    public async Task StopAndStart_Outage_SameAddressSameObjects()
    {
        await using var api = await SimulatedApi.StartAsync();
        await api.ApplyAsync("/api/v1/namespaces/default/configmaps/cm", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}");
        using var watch = await api.WatchAsync("/api/v1/namespaces/default/configmaps?watch=1");
        Assert.Equal("ADDED cm", await watch.NextTypeAsync());
        var server = api.Cluster.Server;

        await api.Cluster.StopAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => api.GetAsync("/version"));
        Assert.False(api.Cluster.IsServing);

        await api.Cluster.StartAsync();
        Assert.Equal(server, api.Cluster.Server);
        Assert.Equal(200, (await api.GetAsync("/api/v1/namespaces/default/configmaps/cm")).Status);
    }

    [Fact]
    public async Task Kubeconfig_ClientCertificate_AuthenticatesAsAdministrator()
    {
        await using var api = await SimulatedApi.StartAsync();
        var lines = api.Cluster.Kubeconfig.Split('\n').Select(l => l.Trim()).ToArray();
        string Value(string key) => System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(lines.Single(l => l.StartsWith(key, StringComparison.Ordinal)).Split(": ")[1]));
        using var certificate = X509Certificate2.CreateFromPem(Value("client-certificate-data"), Value("client-key-data"));
        using var client = SimulatedApi.Client(api.Cluster, null, certificate);

        var (status, _) = await api.SendAsync(HttpMethod.Get, "/api/v1/secrets", client: client);

        Assert.Equal(200, status);
        Assert.Equal("kubernetes-admin", api.Cluster.Requests.Snapshot()[^1].User);
        Assert.Equal(api.Cluster.AuthorityPem, Value("certificate-authority-data"));
    }

    [Fact]
    public async Task Connect_CertificateOfAnotherCluster_Refused()
    {
        await using var host = await KubeSimHost.StartAsync(KubeSimOptions.WithClusters(2));
        using var certificates = new ClusterCertificates("foreign");
        var (pem, key) = certificates.IssueClient("kubernetes-admin", "system:masters");
        using var certificate = X509Certificate2.CreateFromPem(pem, key);
        using var client = SimulatedApi.Client(host.Clusters[0], null, certificate);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync("/api/v1/secrets"));
    }

    [Fact]
    public async Task WriteKubeconfig_File_OnlyItsOwnerMayRead()
    {
        await using var api = await SimulatedApi.StartAsync();
        var file = Path.Combine(Path.GetTempPath(), $"kubesim-{Guid.NewGuid():N}.kubeconfig");
        try
        {
            api.Cluster.WriteKubeconfig(file);
            Assert.Contains(api.Cluster.Server.ToString().TrimEnd('/'), await File.ReadAllTextAsync(file));
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task IdleClusters_Memory_UnderTwoMebibytesEach()
    {
        const int count = 20;
        await using var warm = await KubeSimHost.StartOneAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await using var host = await KubeSimHost.StartAsync(KubeSimOptions.WithClusters(count));
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / count;
        Assert.InRange(each, 0, 2 * 1024 * 1024);
    }
}
