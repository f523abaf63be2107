namespace Fleet.Agent.Core.Reports;

/// <summary>What one ClusterAssignment is about, in one word; the wire's own enum has the same names.</summary>
public enum ReportPhase
{
    Unknown,
    /// <summary>Accepted, nothing done yet.</summary>
    Pending,
    Rendering,
    Applying,
    /// <summary>All applied, not all of it current yet.</summary>
    Progressing,
    Ready,
    /// <summary>Something we own differs from what was applied.</summary>
    Drifted,
    /// <summary>An object says that it has failed.</summary>
    Failed,
    /// <summary>Somebody must change something.</summary>
    Stalled,
    /// <summary>Something else must come first, or a time.</summary>
    Waiting,
    Suspended,
    /// <summary>Another Assignment has some of its objects.</summary>
    Conflicted,
    Removing,
    /// <summary>Absent at the hub without a word of removal: kept.</summary>
    Orphaned,
}
