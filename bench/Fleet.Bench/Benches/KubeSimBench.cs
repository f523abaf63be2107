using System.Net;
using Fleet.Bench.Load;
using Fleet.Cli.Demo;

namespace Fleet.Bench.Benches;

/// <summary>The API server emulator in a process of its own, over TLS: requests per second, watch fan-out, memory of many clusters.</summary>
internal sealed class KubeSimBench : IBench
{
    private const int Connections = 4;
    private const int InFlight = 8;

    public string Name => "kubesim";

    public string Summary => "the API server emulator: applies/s over TLS, reads, watch fan-out, memory of 50 clusters";

    public async Task RunAsync(BenchRun run, CancellationToken cancellationToken)
    {
        using var folder = new DemoFolder();
        await RequestsAsync(run, folder, cancellationToken);
        await KubeSimMemory.RunAsync(run, folder, cancellationToken);
        run.Note($"Load: this bench's process, {Connections} TLS connections of HTTP/2 with {InFlight} requests in flight on each; ConfigMaps of 1 KiB sent as JSON; the answers are read whole. Before it {(run.Quick ? 500 : 10_000)} applies, uncounted, for the compiler.");
        run.Note("Client and server share the machine's processors; the server's controllers run.");
    }

    private static async Task RequestsAsync(BenchRun run, DemoFolder folder, CancellationToken cancellationToken)
    {
        var count = run.Quick ? 500 : 10_000;
        await using var server = await ApiServerProcess.StartAsync(folder, 1, cancellationToken);
        using var load = new ApiLoad(server, 0, Connections, InFlight, HttpVersion.Version20);
        await load.RunAsync([LoadObjects.CreateNamespace()], cancellationToken);
        await WarmUpAsync(load, run.Quick ? 250 : 5000, cancellationToken);
        run.Progress("warm");

        (await load.RunAsync(Calls(count, i => LoadObjects.ApplyConfigMap(i, "1")), cancellationToken)).AddTo(run, "applies of new ConfigMaps", atLeast: 2000);
        (await load.RunAsync(Calls(count, i => LoadObjects.ApplyConfigMap(i, "2")), cancellationToken)).AddTo(run, "applies that change a ConfigMap", atLeast: 2000);
        (await load.RunAsync(Calls(count, i => LoadObjects.ApplyConfigMap(i, "2")), cancellationToken)).AddTo(run, "applies that change nothing", atLeast: 2000);
        using (var plain = new ApiLoad(server, 0, Connections, InFlight, HttpVersion.Version11))
        {
            (await plain.RunAsync(Calls(count, i => LoadObjects.ApplyConfigMap(i, "3")), cancellationToken)).AddTo(run, $"applies that change a ConfigMap, HTTP/1.1 ({plain.Width} connections)");
        }

        run.Progress("applied");
        (await load.RunAloneAsync(Calls(count / 10, i => LoadObjects.ApplyConfigMap(i, "4")), cancellationToken)).AddTo(run, "applies that change a ConfigMap, one at a time");
        (await load.RunAsync(Calls(count, i => LoadObjects.PatchConfigMap(i, "5")), cancellationToken)).AddTo(run, "merge patches of a ConfigMap");
        (await load.RunAsync(Calls(count, i => LoadObjects.CreateConfigMap(count + i, "1")), cancellationToken)).AddTo(run, "creates of a ConfigMap (POST)");
        (await load.RunAsync(Calls(count, LoadObjects.GetConfigMap), cancellationToken)).AddTo(run, "gets of a ConfigMap");
        (await load.RunAsync(Calls(count / 50, _ => LoadObjects.ListConfigMaps(500)), cancellationToken)).AddTo(run, "lists of 500 ConfigMaps");
        (await load.RunAsync(Calls(count, i => LoadObjects.DeleteConfigMap(count + i)), cancellationToken)).AddTo(run, "deletes of a ConfigMap");
        run.Progress("read and deleted");
        await WatchAsync(run, server, load, cancellationToken);
    }

    /// <summary>Runs each verb until the just-in-time compiler has had its say.</summary>
    private static async Task WarmUpAsync(ApiLoad load, int count, CancellationToken cancellationToken)
    {
        const int beyond = 50_000;
        await load.RunAsync(Calls(count, i => LoadObjects.ApplyConfigMap(beyond + i, "1")), cancellationToken);
        await load.RunAsync(Calls(count, i => LoadObjects.ApplyConfigMap(beyond + i, "2")), cancellationToken);
        await load.RunAsync(Calls(count / 5, i => LoadObjects.PatchConfigMap(beyond + i, "3")), cancellationToken);
        await load.RunAsync(Calls(count / 5, i => LoadObjects.GetConfigMap(beyond + i)), cancellationToken);
        await load.RunAsync(Calls(count, i => LoadObjects.DeleteConfigMap(beyond + i)), cancellationToken);
        await load.RunAsync(Calls(count / 5, i => LoadObjects.CreateConfigMap(beyond + i, "1")), cancellationToken);
        await load.RunAsync(Calls(count / 5, i => LoadObjects.DeleteConfigMap(beyond + i)), cancellationToken);
    }

    private static async Task WatchAsync(BenchRun run, ApiServerProcess server, ApiLoad load, CancellationToken cancellationToken)
    {
        var (watchers, changes) = run.Quick ? (5, 100) : (50, 2000);
        await using var crowd = await WatcherCrowd.OpenAsync(server.Clusters[0], watchers, cancellationToken);
        // Each watch without a resourceVersion begins with what there is: wait for that first.
        var present = (run.Quick ? 500L : 10_000L) * watchers;
        await crowd.ReachAsync(present, TimeSpan.FromMinutes(2), cancellationToken);
        var begin = crowd.Events;
        var (before, started) = (server.Processor, TimeProvider.System.GetTimestamp());
        await load.RunAsync(Calls(changes, i => LoadObjects.ApplyConfigMap(i, "9")), cancellationToken);
        await crowd.ReachAsync(begin + ((long)changes * watchers), TimeSpan.FromMinutes(2), cancellationToken);
        var took = TimeProvider.System.GetElapsedTime(started);
        run.Add($"watch events to {watchers} watchers", (double)changes * watchers / took.TotalSeconds, "/s");
        run.Add("… processor time: server, each (the apply included)", (server.Processor - before).TotalMicroseconds / changes / watchers, "µs");
    }

    private static ApiCall[] Calls(int count, Func<int, ApiCall> make) => [.. Enumerable.Range(0, count).Select(make)];
}
