namespace Fleet.Hub.Storage.Reports;

/// <summary>One agent's word on one ClusterAssignment.</summary>
/// <param name="Cluster">Id of the cluster.</param>
/// <param name="Assignment">Uid of the Assignment.</param>
/// <param name="AssignmentName">Its name, as the agent has it.</param>
/// <param name="Fence">Of the session that brought it.</param>
/// <param name="Seq">Rises within a session.</param>
/// <param name="Phase">Name of a ReportPhase.</param>
/// <param name="Revision">What the phase speaks of.</param>
/// <param name="SpecDigest">What the phase speaks of.</param>
/// <param name="AppliedRevision">What was last applied whole; empty: nothing.</param>
/// <param name="AppliedSpecDigest">What was last applied whole.</param>
/// <param name="Body">The serialised Report.</param>
/// <param name="Received">The hub's time of receipt.</param>
/// <param name="ReadySince">Since when it has been Ready with this very revision and spec; set by the store.</param>
public sealed record StoredReport(
    string Cluster,
    string Assignment,
    string AssignmentName,
    long Fence,
    long Seq,
    string Phase,
    string Revision,
    string SpecDigest,
    string AppliedRevision,
    string AppliedSpecDigest,
    byte[] Body,
    DateTimeOffset Received,
    DateTimeOffset? ReadySince);

/// <summary>A report that was stored, beside what it replaced (null: it is the first): the delta that counters move by.</summary>
public sealed record ReportChange(string Cluster, string Assignment, ReportState? Before, ReportState After);

/// <summary>SHA-256 of one serialised report.</summary>
public sealed record ReportDigest(string Assignment, byte[] Digest);

/// <summary>What counters need of a report.</summary>
public sealed record ReportState(string Phase, string Revision, string SpecDigest, DateTimeOffset? ReadySince);

/// <summary>How many ClusterAssignments of one Assignment or Cluster are alike.</summary>
/// <param name="Key">Uid of the Assignment, or id of the Cluster.</param>
/// <param name="ClusterState">State of the clusters.</param>
/// <param name="Phase">As reported; empty: nothing reported.</param>
/// <param name="IsCurrent">1: the report speaks of the target's revision and spec; 0: of others.</param>
/// <param name="IsRemoval">1: the target is a tombstone.</param>
/// <param name="Count">How many.</param>
public sealed record RollupRow(string Key, string ClusterState, string Phase, long IsCurrent, long IsRemoval, long Count);

/// <summary>A ClusterAssignment: the target beside the last report, if any.</summary>
public sealed record ClusterAssignmentRow(
    string Cluster,
    string ClusterName,
    string ClusterState,
    IReadOnlyDictionary<string, string> ClusterLabels,
    string Assignment,
    string AssignmentName,
    string Revision,
    string SpecDigest,
    string ClosureDigest,
    long Generation,
    string? TombstoneCause,
    string? TombstonePolicy,
    DateTimeOffset Changed,
    string? ReportPhase,
    string? ReportRevision,
    string? ReportSpecDigest,
    byte[]? ReportBody,
    DateTimeOffset? ReportReceived,
    DateTimeOffset? ReadySince);

/// <summary>A target beside what was reported of it.</summary>
/// <param name="Cluster">Id of the cluster.</param>
/// <param name="ClusterName">Its name.</param>
/// <param name="ClusterState">Its state.</param>
/// <param name="RevokedAt">When the cluster's identity was ended.</param>
/// <param name="DeletedAt">Set while the cluster is being decommissioned.</param>
/// <param name="Revision">Of the target.</param>
/// <param name="SpecDigest">Of the target.</param>
/// <param name="ClosureDigest">Of the target.</param>
/// <param name="Generation">The cluster's generation that last changed it.</param>
/// <param name="TombstoneCause">Null: the target lives.</param>
/// <param name="ReportPhase">As reported; null: nothing.</param>
/// <param name="ReportRevision">What the phase speaks of.</param>
/// <param name="ReportSpecDigest">What the phase speaks of.</param>
public sealed record TargetState(
    string Cluster,
    string ClusterName,
    string ClusterState,
    DateTimeOffset? RevokedAt,
    DateTimeOffset? DeletedAt,
    string Revision,
    string SpecDigest,
    string ClosureDigest,
    long Generation,
    string? TombstoneCause,
    string? ReportPhase,
    string? ReportRevision,
    string? ReportSpecDigest)
{
    public bool IsTombstone => TombstoneCause is not null;

    /// <summary>No agent will ever acknowledge anything for it. (One that is being decommissioned still does.)</summary>
    public bool IsGone => RevokedAt is not null;

    /// <summary>The report speaks of the target's revision and spec.</summary>
    public bool IsCurrent => ReportRevision == Revision && ReportSpecDigest == SpecDigest;
}
