using Fleet.Bench.Benches;
using Fleet.Bench.Figures;

namespace Fleet.Bench.Rig;

/// <summary>Processor time of the hub and of the bench's own process (simulated clusters and agents) from a moment on: unlike elapsed time, another's load hardly changes it.</summary>
internal sealed class ProcessorUse(TimeSpan hub, TimeSpan bench)
{
    private int? _hubId;

    private TimeSpan Hub { get; set; } = hub;

    private TimeSpan Bench { get; set; } = bench;

    public static ProcessorUse Of(int hubId) => new(ProcessMemory.Processor(hubId), ProcessMemory.Processor(Environment.ProcessId)) { _hubId = hubId };

    public static ProcessorUse Median(IReadOnlyCollection<ProcessorUse> uses) =>
        new(Percentiles.Median([.. uses.Select(u => u.Hub)]), Percentiles.Median([.. uses.Select(u => u.Bench)]));

    /// <summary>Ends the measurement.</summary>
    public void Stop()
    {
        if (_hubId is { } id)
        {
            (Hub, Bench, _hubId) = (ProcessMemory.Processor(id) - Hub, ProcessMemory.Processor(Environment.ProcessId) - Bench, null);
        }
    }

    public void AddTo(BenchRun run, int clusters)
    {
        Stop();
        run.Add("  processor time: hub", Hub.TotalSeconds, "s");
        run.Add("  processor time: agents and simulated clusters", Bench.TotalSeconds, "s");
        run.Add("  processor time: agent and simulated cluster, each", Bench.TotalMilliseconds / clusters, "ms");
    }
}
