using Fleet.Bench.Figures;
using Fleet.Bench.Rig;
using Fleet.Bench.Sessions;
using Fleet.Cli.Demo;

namespace Fleet.Bench.Benches;

/// <summary>The hub's memory with many sessions, each over mutual TLS with an identity of its own.</summary>
internal sealed class HubBench : IBench
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public string Name => "hub";

    public string Summary => "the hub's resident memory with 100 and 1,000 sessions";

    public async Task RunAsync(BenchRun run, CancellationToken cancellationToken)
    {
        int[] steps = run.Quick ? [10, 50] : [100, 1000];
        using var folder = new DemoFolder();
        await using var hub = await HubProcess.StartAsync(folder, cancellationToken);
        await using var crowd = new SessionCrowd(hub.Operator);
        await MeasureAsync(run, hub, "no session", cancellationToken);
        foreach (var sessions in steps)
        {
            var started = TimeProvider.System.GetTimestamp();
            await crowd.GrowAsync(sessions, Limit, cancellationToken);
            run.Add($"to {sessions} sessions, enrollment included", TimeProvider.System.GetElapsedTime(started).TotalSeconds, "s");
            run.Progress($"{sessions} sessions stand; the hub calls {await hub.Operator.ConnectedAsync(cancellationToken)} connected");
            await MeasureAsync(run, hub, $"{sessions} sessions", cancellationToken);
        }

        run.Add("sessions that were lost meanwhile", crowd.Lost, "sessions");
        run.Note("fleet-hub on SQLite as built (Release, framework-dependent), no Assignment; each session has a TLS connection and a client certificate of its own and sends heartbeats as the hub asks.");
        run.Note("Enrollments are limited to 200 at once and 20 a second by address, on purpose: that is most of the time to 1,000.");
    }

    private static async Task MeasureAsync(BenchRun run, HubProcess hub, string when, CancellationToken cancellationToken)
    {
        // Two heartbeats of each session pass.
        await Task.Delay(TimeSpan.FromSeconds(run.Quick ? 3 : 65), cancellationToken);
        var looks = new List<ProcessMemory>();
        for (var i = 0; i < 5; i++)
        {
            looks.Add(ProcessMemory.Of(hub.Id));
            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        }

        run.Add($"resident, {when}", Percentiles.Median([.. looks.Select(l => l.Resident)]), "MiB");
        run.Add("  of it: anonymous", Percentiles.Median([.. looks.Select(l => l.Anonymous)]), "MiB");
    }
}
