using System.Diagnostics.Metrics;

namespace Fleet.Agent.Telemetry;

/// <summary>The agent's instruments, one set for each agent in a process. Labels are bounded by assignments and kinds of outcome, never by objects or messages.</summary>
internal sealed class AgentMetrics : IDisposable
{
    public const string MeterName = "Fleet.Agent";
    public const string AssignmentLabel = "assignment";
    public const string ResultLabel = "result";
    public const string ReasonLabel = "reason";
    public const string DirectionLabel = "direction";

    private volatile LiveFigures? _figures;

    public AgentMetrics()
    {
        Meter = new(MeterName);
        Reconciles = Meter.CreateCounter<long>("fleet_agent_reconciles", description: "Reconciles, by Assignment and result (ready, changed, waiting, failed).");
        ReconcileSeconds = Meter.CreateHistogram<double>("fleet_agent_reconcile_seconds", "s", "How long one reconcile took.");
        Applies = Meter.CreateCounter<long>("fleet_agent_applies", description: "Objects written, by result (applied, stalled, waiting, transient).");
        Prunes = Meter.CreateCounter<long>("fleet_agent_prunes", description: "Objects removed, by result (deleted, released, held, failed).");
        Drifts = Meter.CreateCounter<long>("fleet_agent_drifts", description: "Drifted objects seen, by Assignment.");
        Corrections = Meter.CreateCounter<long>("fleet_agent_corrections", description: "Drifted objects put right, by Assignment.");
        HealSeconds = Meter.CreateHistogram<double>("fleet_agent_drift_heal_seconds", "s", "From the event of a drift to its correction.");
        WatchEvents = Meter.CreateCounter<long>("fleet_agent_watch_events", description: "Events received by watches.");
        WatchRestarts = Meter.CreateCounter<long>("fleet_agent_watch_restarts", description: "Watches opened again, by reason (closed, expired, failed).");
        Sessions = Meter.CreateCounter<long>("fleet_agent_sessions", description: "Sessions with the hub, by how they ended.");
        ContentBytes = Meter.CreateCounter<long>("fleet_agent_content_bytes", "By", "Bytes of Git objects received, compressed.");
        ContentRefused = Meter.CreateCounter<long>("fleet_agent_content_refused", description: "Git objects or trees refused, by reason.");
        UnknownMessages = Meter.CreateCounter<long>("fleet_agent_unknown_messages", description: "Messages or values of the hub that this version does not know.");
        Reports = Meter.CreateCounter<long>("fleet_agent_reports", description: "Reports sent.");
        Meter.CreateObservableGauge("fleet_agent_connected", () => _figures?.IsConnected() == true ? 1L : 0L, description: "1 while a session with the hub stands.");
        Meter.CreateObservableGauge("fleet_agent_generation", () => _figures?.Generation() ?? 0, description: "The desired generation last accepted.");
        Meter.CreateObservableGauge("fleet_agent_assignments", () => _figures?.Assignments() ?? 0, description: "Assignments held.");
        Meter.CreateObservableGauge("fleet_agent_objects", () => _figures?.Objects() ?? 0, description: "Objects owned.");
        Meter.CreateObservableGauge("fleet_agent_watches", () => _figures?.Watches() ?? 0, description: "Watches open.");
        Meter.CreateObservableGauge("fleet_agent_resident_bytes", () => Environment.WorkingSet, "By", "Resident memory of the process.");
        Meter.CreateObservableGauge("fleet_agent_heap_bytes", () => GC.GetTotalMemory(false), "By", "Managed memory in use.");
    }

    public Meter Meter { get; }
    public Counter<long> Reconciles { get; }
    public Histogram<double> ReconcileSeconds { get; }
    public Counter<long> Applies { get; }
    public Counter<long> Prunes { get; }
    public Counter<long> Drifts { get; }
    public Counter<long> Corrections { get; }
    public Histogram<double> HealSeconds { get; }
    public Counter<long> WatchEvents { get; }
    public Counter<long> WatchRestarts { get; }
    public Counter<long> Sessions { get; }
    public Counter<long> ContentBytes { get; }
    public Counter<long> ContentRefused { get; }
    public Counter<long> UnknownMessages { get; }
    public Counter<long> Reports { get; }

    /// <summary>Values that are read when somebody asks; the last given source counts, since an agent's work may begin anew.</summary>
    public void Observe(LiveFigures figures) => _figures = figures;

    public void Dispose() => Meter.Dispose();
}

/// <summary>Where figures that change all the time are read.</summary>
internal sealed record LiveFigures(Func<bool> IsConnected, Func<long> Generation, Func<long> Assignments, Func<long> Objects, Func<long> Watches);
