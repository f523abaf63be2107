using System.Text;
using Fleet.Bench.Rig;
using Fleet.Cli.Demo;

namespace Fleet.Bench.Load;

/// <summary>How to reach one simulated API server.</summary>
internal sealed record ApiEndpoint(Uri Server, string CaPem, string Token)
{
    /// <summary>Reads the kubeconfig that fleet-kubesim writes with --token.</summary>
    public static ApiEndpoint Read(string kubeconfig)
    {
        var values = File.ReadLines(kubeconfig).Select(l => l.Split(':', 2)).Where(p => p.Length == 2).DistinctBy(p => p[0].Trim()).ToDictionary(p => p[0].Trim(), p => p[1].Trim(), StringComparer.Ordinal);
        return new ApiEndpoint(new Uri(values["server"]), Encoding.UTF8.GetString(Convert.FromBase64String(values["certificate-authority-data"])), values["token"]);
    }
}

/// <summary>fleet-kubesim in a process of its own, started as by hand: its memory and processor time are told from the load's.</summary>
internal sealed class ApiServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(120);
    private readonly ChildProcess _process;

    private ApiServerProcess(ChildProcess process, IReadOnlyList<ApiEndpoint> clusters)
    {
        _process = process;
        Clusters = clusters;
    }

    public int Id => _process.Id;

    public IReadOnlyList<ApiEndpoint> Clusters { get; }

    public TimeSpan Processor => ProcessMemory.Processor(Id);

    public static async Task<ApiServerProcess> StartAsync(DemoFolder folder, int clusters, CancellationToken cancellationToken)
    {
        var kubeconfigs = folder.Sub($"kubeconfigs-{clusters}");
        string[] arguments = ["--directory", kubeconfigs, "--clusters", $"{clusters}", "--ready-delay", "200ms", "--token"];
        var process = ChildProcess.Start($"kubesim-{clusters}", "fleet-kubesim", folder.Logs, arguments);
        try
        {
            await process.LineAsync("ready:", StartLimit, cancellationToken);
            return new ApiServerProcess(process, [.. Enumerable.Range(1, clusters).Select(n => ApiEndpoint.Read(Path.Combine(kubeconfigs, $"cluster-{n}.kubeconfig")))]);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
