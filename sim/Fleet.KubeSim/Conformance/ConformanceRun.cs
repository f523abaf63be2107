using System.Text.Json.Nodes;
using Fleet.KubeSim.Hosting;

namespace Fleet.KubeSim.Conformance;

/// <summary>What one scenario came to.</summary>
public sealed record ScenarioResult(string Scenario, IReadOnlyList<string> Differences)
{
    public bool Equal => Differences.Count == 0;
}

/// <summary>Replays recorded conversations with a real API server, each against a fresh simulated cluster.</summary>
public static class ConformanceRun
{
    private static readonly TimeSpan ScenarioLimit = TimeSpan.FromMinutes(2);

    // The namespace controller lets a deleted namespace rest for this long, so a recording sees it Terminating without conditions.
    private static readonly TimeSpan NamespaceDelay = TimeSpan.FromSeconds(5);

    /// <summary>The transcripts of files and folders whose names contain a part (empty: all), in order of name.</summary>
    public static IEnumerable<string> Find(IEnumerable<string> places, string part = "") =>
        places.SelectMany(IEnumerable<string> (p) => Directory.Exists(p) ? Directory.GetFiles(p, "*.json").Order(StringComparer.Ordinal) : [p])
            .Where(f => Path.GetFileNameWithoutExtension(f).Contains(part, StringComparison.Ordinal));

    public static async Task<ScenarioResult> PlayAsync(string file, CancellationToken cancellationToken = default)
    {
        var scenario = JsonNode.Parse(await File.ReadAllTextAsync(file, cancellationToken))!.AsObject();
        var name = (string)scenario["scenario"]!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ScenarioLimit);
        await using var host = await KubeSimHost.StartAsync(
            new KubeSimOptions
            {
                Clusters = [new SimulatedClusterOptions { Name = "conformance", Controllers = (bool)scenario["controllers"]!, Kubelet = false, NamespaceDeletionDelay = NamespaceDelay }],
            },
            limit.Token);
        var cluster = host["conformance"];
        using var client = new ReplayClient(cluster);
        var differences = await new ScenarioPlayer(client, scenario, TimeProvider.System).PlayAsync(limit.Token);
        var bugs = cluster.Requests.Where(r => r.Error is not null).Select(r => $"[{r.Method} {r.Path}] the simulator failed: {r.Error}");
        return new ScenarioResult(name, [.. differences.Select(d => d.ToString()), .. bugs]);
    }
}
