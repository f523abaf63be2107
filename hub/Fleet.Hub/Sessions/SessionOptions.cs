using Fleet.Hub.Core.Clusters;

namespace Fleet.Hub.Sessions;

/// <summary>How sessions are kept. Shortened by tests and by the demo.</summary>
public sealed class SessionOptions
{
    /// <summary>How often each side says that it is there; a stream is ended after three intervals of silence.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(30);

    public TimeSpan SuspectAfter { get; set; } = LivenessLimits.Default.SuspectAfter;

    public TimeSpan OfflineAfter { get; set; } = LivenessLimits.Default.OfflineAfter;

    public TimeSpan StaleAfter { get; set; } = LivenessLimits.Default.StaleAfter;

    /// <summary>How long a new stream may take to say Hello.</summary>
    public TimeSpan HelloWithin { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long agents may gather reports.</summary>
    public TimeSpan ReportInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Sessions let in per second, and at once, by each node.</summary>
    public double AdmissionRate { get; set; } = 200;

    public int AdmissionBurst { get; set; } = 400;

    /// <summary>How often a node asks the database what its sessions lack, in case a signal was lost.</summary>
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Within which time agents are asked to come back after a planned restart.</summary>
    public TimeSpan DrainWithin { get; set; } = TimeSpan.FromSeconds(10);

    internal LivenessLimits Limits => new(SuspectAfter, OfflineAfter, StaleAfter);
}
