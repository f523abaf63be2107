namespace Fleet.Hub.Storage.Sessions;

/// <summary>Where one cluster's session and desired state stand.</summary>
/// <param name="Cluster">Its id.</param>
/// <param name="Node">Hub node that holds the live session; null: none does.</param>
/// <param name="SessionId">Of the live session.</param>
/// <param name="BootId">Of the agent process that was last attached.</param>
/// <param name="Fence">Raised by each session; a write that a session causes counts only with the stored one.</param>
/// <param name="Continuity">The value handed out by the last Welcome.</param>
/// <param name="PreviousContinuity">The one that the last Hello presented.</param>
/// <param name="PreviousUses">How often <paramref name="PreviousContinuity"/> was presented again since.</param>
/// <param name="DesiredGeneration">Number of the last change of its desired state.</param>
/// <param name="Chain">The chain value at <paramref name="DesiredGeneration"/>; 32 zero bytes at generation 0.</param>
/// <param name="AckedGeneration">What the agent has persisted.</param>
/// <param name="AckedChain">The chain value that it acknowledged.</param>
/// <param name="Lineage">The lineage under which the last change was written.</param>
/// <param name="AttachedAt">When the last session began.</param>
/// <param name="DetachedAt">When it ended; null while it lives.</param>
/// <param name="Quarantine">Why the cluster may not have a session; empty: it may.</param>
public sealed record ClusterSync(
    string Cluster,
    string? Node,
    string? SessionId,
    string BootId,
    long Fence,
    byte[] Continuity,
    byte[] PreviousContinuity,
    long PreviousUses,
    long DesiredGeneration,
    byte[] Chain,
    long AckedGeneration,
    byte[] AckedChain,
    byte[] Lineage,
    DateTimeOffset? AttachedAt,
    DateTimeOffset? DetachedAt,
    string Quarantine);

/// <summary>
/// A new session, as decided from the locked <see cref="ClusterSync"/>: Continuity is what the Welcome hands out,
/// PreviousContinuity what the Hello presented and is good once more, PreviousUses 0 or one more than before.
/// </summary>
public sealed record SessionAttach(string Cluster, string Node, string SessionId, string BootId, byte[] Continuity, byte[] PreviousContinuity, long PreviousUses);

/// <summary>One link of a cluster's chain.</summary>
public sealed record ChainLink(string Cluster, long Generation, byte[] Chain, byte[] Lineage);

/// <summary>A connected cluster whose agent has not acknowledged its desired state.</summary>
public sealed record ClusterBehind(string Cluster, string SessionId, long Fence, long DesiredGeneration, long AckedGeneration);

/// <summary>A session that was ended because its hub node died, or by order.</summary>
public sealed record DetachedSession(string Cluster, string SessionId, long Fence);
