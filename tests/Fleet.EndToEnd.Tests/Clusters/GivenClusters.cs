using Fleet.KubeSim.Hosting;

namespace Fleet.EndToEnd.Tests.Clusters;

/// <summary>The API servers that the suite runs against: those that were given, or one that is simulated without a kubelet.</summary>
internal static class GivenClusters
{
    /// <summary>Kubeconfigs, one for each cluster, separated as paths are.</summary>
    public const string Variable = "FLEET_E2E_KUBECONFIGS";

    /// <summary>The texts of the kubeconfigs.</summary>
    public static async Task<IReadOnlyList<string>> KubeconfigsAsync(KubeSimHost simulated)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } list)
        {
            var cluster = await simulated.AddClusterAsync(new SimulatedClusterOptions { Name = "given", Controllers = false });
            return [cluster.Kubeconfig];
        }

        var paths = list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var missing = paths.Where(path => !File.Exists(path)).ToList();
        Assert.True(missing.Count == 0, $"{Variable} names files that are not there: {string.Join(", ", missing)}. Give paths of kubeconfigs, separated by '{Path.PathSeparator}'.");
        return [.. paths.Select(File.ReadAllText)];
    }
}
