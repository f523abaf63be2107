using System.Net;
using System.Text.Json;
using Fleet.Bench.Figures;
using Fleet.Bench.Load;
using Fleet.Bench.Rig;
using Fleet.Cli.Demo;

namespace Fleet.Bench.Benches;

/// <summary>Memory of one fleet-kubesim with many clusters of 500 objects each.</summary>
internal static class KubeSimMemory
{
    private const int PerCluster = 500;
    private static readonly TimeSpan SettleLimit = TimeSpan.FromMinutes(2);

    private static readonly string[] Counted =
        ["/api/v1/configmaps", "/api/v1/secrets", "/api/v1/services", "/api/v1/serviceaccounts", "/api/v1/pods", "/apis/apps/v1/deployments", "/apis/apps/v1/replicasets", "/apis/discovery.k8s.io/v1/endpointslices", "/api/v1/namespaces"];

    public static async Task RunAsync(BenchRun run, DemoFolder folder, CancellationToken cancellationToken)
    {
        var clusters = run.Quick ? 5 : 50;
        var starting = TimeProvider.System.GetTimestamp();
        await using var server = await ApiServerProcess.StartAsync(folder, clusters, cancellationToken);
        run.Add($"{clusters} clusters started", TimeProvider.System.GetElapsedTime(starting).TotalSeconds, "s");
        var idle = TimeSpan.FromSeconds(run.Quick ? 2 : 30);
        await Task.Delay(idle, cancellationToken);
        var empty = ProcessMemory.Of(server.Id);
        run.Add($"resident, {clusters} clusters as they start", empty.Resident, "MiB");
        run.Progress($"{clusters} clusters stand");

        var (before, filling) = (server.Processor, TimeProvider.System.GetTimestamp());
        var (objects, bytes, calls) = (0, 0L, LoadObjects.FiveHundred());
        for (var cluster = 0; cluster < clusters; cluster++)
        {
            using var load = new ApiLoad(server, cluster, connections: 1, inFlight: 8, HttpVersion.Version20);
            await load.RunAsync([LoadObjects.CreateNamespace()], cancellationToken);
            await load.RunAsync(calls, cancellationToken);
        }

        for (var cluster = 0; cluster < clusters; cluster++)
        {
            var (count, size) = await SettledAsync(server.Clusters[cluster], cancellationToken);
            objects += count;
            bytes += size;
        }

        run.Add($"{clusters} × {calls.Count} applies, and the Deployments ready", TimeProvider.System.GetElapsedTime(filling).TotalSeconds, "s");
        run.Add("… processor time: server", (server.Processor - before).TotalSeconds, "s");
        run.Progress($"{objects} objects stand, {bytes / 1048576.0:0.0} MiB of JSON");
        await Task.Delay(idle, cancellationToken);
        var looks = new List<ProcessMemory>();
        for (var i = 0; i < 5; i++)
        {
            looks.Add(ProcessMemory.Of(server.Id));
            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        }

        var resident = Percentiles.Median([.. looks.Select(l => l.Resident)]);
        run.Add($"resident, {clusters} clusters × {PerCluster} objects", resident, "MiB", 600);
        run.Add("… of it: anonymous", Percentiles.Median([.. looks.Select(l => l.Anonymous)]), "MiB");
        run.Add("… most ever resident", looks.Max(l => l.Peak), "MiB");
        run.Add("… objects in all, by lists over the API", objects, "objects");
        run.Add("… their size as JSON", bytes / 1048576.0, "MiB");
        run.Add("… more than as they started, for each object", (resident - empty.Resident) * 1048576 / (clusters * PerCluster), "bytes");
        run.Add("… size as JSON of each object", (double)bytes / objects, "bytes");
        run.Note($"Each cluster: 30 Deployments of 2 replicas (30 ReplicaSets, 60 Pods), 30 Services (30 EndpointSlices), 50 Secrets, 29 ServiceAccounts, 241 ConfigMaps of 1 KiB, and what a cluster and a namespace have from the start; by server-side apply over TLS. Memory is the median of five looks after {idle.TotalSeconds:0} s without a request.");
    }

    /// <summary>Waits until the controllers have made all that the applied objects bring along; the objects of a cluster and their bytes.</summary>
    private static async Task<(int Objects, long Bytes)> SettledAsync(ApiEndpoint endpoint, CancellationToken cancellationToken)
    {
        using var connection = new ApiConnection(endpoint, HttpVersion.Version20);
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var (count, bytes, ready) = (0, 0L, 0);
            foreach (var path in Counted)
            {
                await using var stream = await connection.OpenAsync(new ApiCall(HttpMethod.Get, path), cancellationToken);
                using var text = new MemoryStream();
                await stream.CopyToAsync(text, cancellationToken);
                using var list = JsonDocument.Parse(text.GetBuffer().AsMemory(0, (int)text.Length));
                var items = list.RootElement.GetProperty("items");
                count += items.GetArrayLength();
                bytes += text.Length;
                if (path.EndsWith("/deployments", StringComparison.Ordinal))
                {
                    ready = items.EnumerateArray().Count(d => d.TryGetProperty("status", out var status) && status.TryGetProperty("readyReplicas", out var replicas) && replicas.GetInt32() == 2);
                }
            }

            if (ready == 30)
            {
                return (count, bytes);
            }

            if (TimeProvider.System.GetElapsedTime(started) > SettleLimit)
            {
                throw new TimeoutException($"{ready} of 30 Deployments were ready after {SettleLimit.TotalSeconds:0} s.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
        }
    }
}
