namespace Fleet.Hub.Storage.Targets;

/// <summary>What one cluster is to have of one Assignment, or that it is to be removed.</summary>
/// <param name="Cluster">Id of the cluster.</param>
/// <param name="Assignment">Uid of the Assignment.</param>
/// <param name="AssignmentName">Its name.</param>
/// <param name="Revision">Hex commit id.</param>
/// <param name="SpecDigest">Hex SHA-256 of the serialised TargetSpec.</param>
/// <param name="ClosureDigest">Hex SHA-256 over the content closure's oids.</param>
/// <param name="Generation">The cluster's generation that last changed this target.</param>
/// <param name="ReleasedHolds">Ids of holds that an operator released for this target.</param>
/// <param name="TombstoneCause">Name of a RemovalCause; null: the target lives.</param>
/// <param name="TombstonePolicy">Name of a RemovalPolicy.</param>
/// <param name="AuditId">The audit event of the last change.</param>
/// <param name="Changed">When that was.</param>
public sealed record StoredTarget(
    string Cluster,
    string Assignment,
    string AssignmentName,
    string Revision,
    string SpecDigest,
    string ClosureDigest,
    long Generation,
    IReadOnlyList<string> ReleasedHolds,
    string? TombstoneCause,
    string? TombstonePolicy,
    string AuditId,
    DateTimeOffset Changed)
{
    public bool IsTombstone => TombstoneCause is not null;
}

/// <summary>One change of desired state: set a target, or turn it into a tombstone.</summary>
public sealed record TargetChange
{
    public required string Cluster { get; init; }

    public required string Assignment { get; init; }

    public required string AssignmentName { get; init; }

    public required string AuditId { get; init; }

    public string Revision { get; private init; } = "";

    public string SpecDigest { get; private init; } = "";

    public string ClosureDigest { get; private init; } = "";

    public IReadOnlyList<string> ReleasedHolds { get; private init; } = [];

    public string? TombstoneCause { get; private init; }

    public string? TombstonePolicy { get; private init; }

    public bool IsRemoval => TombstoneCause is not null;

    public static TargetChange Set(
        string cluster, string assignment, string assignmentName, string revision, string specDigest, string closureDigest, string auditId, IReadOnlyList<string>? releasedHolds = null) => new()
        {
            Cluster = cluster,
            Assignment = assignment,
            AssignmentName = assignmentName,
            AuditId = auditId,
            Revision = revision,
            SpecDigest = specDigest,
            ClosureDigest = closureDigest,
            ReleasedHolds = releasedHolds ?? [],
        };

    /// <summary>Cause and policy are the names of RemovalCause and RemovalPolicy.</summary>
    public static TargetChange Remove(string cluster, string assignment, string assignmentName, string cause, string policy, string auditId) => new()
    {
        Cluster = cluster,
        Assignment = assignment,
        AssignmentName = assignmentName,
        AuditId = auditId,
        TombstoneCause = cause,
        TombstonePolicy = policy,
    };

    /// <summary>Whether the stored target says the same already; a change of the audit event alone is none.</summary>
    internal bool IsStored(StoredTarget? stored) => stored is null
        ? IsRemoval
        : IsRemoval
            ? stored.TombstoneCause == TombstoneCause && stored.TombstonePolicy == TombstonePolicy
            : !stored.IsTombstone && stored.Revision == Revision && stored.SpecDigest == SpecDigest && stored.ClosureDigest == ClosureDigest
                && stored.AssignmentName == AssignmentName && stored.ReleasedHolds.SequenceEqual(ReleasedHolds);
}

/// <summary>A cluster whose desired state was changed, and to what.</summary>
public sealed record ChangedCluster(string Cluster, long Generation, byte[] Chain, string? Node);

/// <summary>How many targets of an Assignment live, and how many are tombstones.</summary>
public sealed record TargetCounts(long Live, long Tombstones);

/// <summary>How many targets of a cluster were removed.</summary>
public sealed record RemovalCount(string Cluster, long Removals);

/// <summary>How many targets a cluster has, and how many it lost of late.</summary>
public sealed record ClusterTargetCounts(string Cluster, long Live, long Removals);
