namespace Fleet.Hub.Storage.Clusters;

/// <summary>A managed cluster, as operators see it.</summary>
/// <param name="Id">The uuid of its SPIFFE id.</param>
/// <param name="Name">Unique.</param>
/// <param name="Version">Raised by every write; shown as resourceVersion.</param>
/// <param name="Generation">Raised by every change of spec.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Annotations">Free notes.</param>
/// <param name="Spec">The serialised ClusterSpec.</param>
/// <param name="KubeUid">UID of its kube-system namespace; empty: not known.</param>
/// <param name="State">PendingApproval, NeverConnected, Connected, Suspect, Offline, Stale, Quarantined or Revoked.</param>
/// <param name="StateSince">When it entered that state.</param>
/// <param name="LastSeen">Written with transitions only; heartbeats stay in memory.</param>
/// <param name="AgentVersion">As the agent last said.</param>
/// <param name="KubernetesVersion">As the agent last said.</param>
/// <param name="Created">When it was enrolled.</param>
/// <param name="Changed">When it was last written.</param>
/// <param name="DeletedAt">Set while it is being decommissioned.</param>
/// <param name="RevokedAt">Set when its identity was ended.</param>
public sealed record StoredCluster(
    string Id,
    string Name,
    long Version,
    long Generation,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyDictionary<string, string> Annotations,
    byte[] Spec,
    string KubeUid,
    string State,
    DateTimeOffset StateSince,
    DateTimeOffset? LastSeen,
    string AgentVersion,
    string KubernetesVersion,
    DateTimeOffset Created,
    DateTimeOffset Changed,
    DateTimeOffset? DeletedAt,
    DateTimeOffset? RevokedAt);

/// <summary>What a cluster's identity is bound to.</summary>
/// <param name="Cluster">Its id.</param>
/// <param name="Key">The bound SubjectPublicKeyInfo, which proofs are verified with; null: none yet.</param>
/// <param name="KeyHash">SHA-256 of <paramref name="Key"/>, by which it is found.</param>
/// <param name="NextKey">A next key, which becomes the bound one when first used.</param>
/// <param name="NextKeyHash">SHA-256 of <paramref name="NextKey"/>.</param>
/// <param name="CertificateSerial">Hex; empty: none issued.</param>
/// <param name="PreviousCertificateSerial">Hex of the one before.</param>
/// <param name="CertificateExpiry">Of the newest certificate.</param>
/// <param name="Recoveries">How often the identity was recovered.</param>
/// <param name="PendingKey">SubjectPublicKeyInfo that waits for an operator's approval.</param>
/// <param name="PendingRequestId">The enrollment that brought it.</param>
/// <param name="PendingToken">Id of the token that it came with.</param>
/// <param name="PendingSince">When.</param>
public sealed record ClusterIdentity(
    string Cluster,
    byte[]? Key,
    byte[]? KeyHash,
    byte[]? NextKey,
    byte[]? NextKeyHash,
    string CertificateSerial,
    string PreviousCertificateSerial,
    DateTimeOffset? CertificateExpiry,
    long Recoveries,
    byte[]? PendingKey,
    string PendingRequestId,
    string PendingToken,
    DateTimeOffset? PendingSince)
{
    public static ClusterIdentity None(string cluster) => new(cluster, null, null, null, null, "", "", null, 0, null, "", "", null);
}
