using Fleet.Hub.Core.Sessions;
using Fleet.Hub.Storage.Targets;
using Fleet.V1;

namespace Fleet.Hub.Sessions;

/// <summary>What a Hello led to.</summary>
internal sealed record OpenedSession
{
    /// <summary>Non-null: there is no session.</summary>
    public Verdict? Refusal { get; init; }

    public string SessionId { get; init; } = "";

    public ulong Fence { get; init; }

    public byte[] NextContinuity { get; init; } = [];

    public byte[] Lineage { get; init; } = [];

    public ResumeDecision Resume { get; init; } = new(ResumeKind.Index);

    /// <summary>Where the agent stands, as it said.</summary>
    public ChainPoint AgentPoint { get; init; } = new(0, []);

    /// <summary>Why the agent gets no desired state; null: it gets it.</summary>
    public string? Withheld { get; init; }

    public bool ReportsDiffer { get; init; }

    /// <summary>Set when an operator has released this cluster's Fork: where it goes on.</summary>
    public ChainPoint? Released { get; init; }

    /// <summary>Uids of the Assignments that the cluster has targets or tombstones of.</summary>
    public IReadOnlyList<string> Assignments { get; init; } = [];

    public static OpenedSession Refused(VerdictKind kind, string message) => new() { Refusal = new Verdict { Kind = kind, Message = message } };
}

/// <summary>Desired state to send.</summary>
/// <param name="Head">Where the agent stands once it has taken this.</param>
/// <param name="Targets">Set or changed.</param>
/// <param name="Tombstones">Removed.</param>
/// <param name="From">Where a delta starts; null: this is all of it.</param>
internal sealed record DesiredChange(ChainPoint? From, ChainPoint Head, IReadOnlyList<Target> Targets, IReadOnlyList<Tombstone> Tombstones)
{
    public static DesiredChange Of(ChainPoint? from, ChainPoint head, IEnumerable<StoredTarget> rows)
    {
        var all = rows.ToLookup(row => row.IsTombstone);
        return new DesiredChange(from, head, [.. all[false].Select(Live)], [.. all[true].Select(Removed)]);
    }

    private static Target Live(StoredTarget row)
    {
        var target = new Target
        {
            AssignmentUid = row.Assignment,
            AssignmentName = row.AssignmentName,
            Revision = row.Revision,
            SpecDigest = row.SpecDigest,
            ClosureDigest = row.ClosureDigest,
            Generation = (ulong)row.Generation,
        };
        target.ReleasedHolds.Add(row.ReleasedHolds);
        return target;
    }

    private static Tombstone Removed(StoredTarget row) => new()
    {
        AssignmentUid = row.Assignment,
        AssignmentName = row.AssignmentName,
        Cause = Enum.TryParse<RemovalCause>(row.TombstoneCause, out var cause) ? cause : RemovalCause.Unspecified,
        // What cannot be read means keep.
        Policy = Enum.TryParse<RemovalPolicy>(row.TombstonePolicy, out var policy) ? policy : RemovalPolicy.Keep,
        Generation = (ulong)row.Generation,
        AuditId = row.AuditId,
    };
}
