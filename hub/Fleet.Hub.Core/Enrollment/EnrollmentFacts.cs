namespace Fleet.Hub.Core.Enrollment;

/// <summary>What the hub knows when an agent asks to enroll.</summary>
/// <param name="Token">The token whose id was presented, or null.</param>
/// <param name="ClusterName">The name asked for.</param>
/// <param name="ClusterUid">What the cluster says of itself.</param>
/// <param name="KeyHash">SHA-256 of the public key that the request proved to possess.</param>
/// <param name="ByUid">The cluster that enrolled with this clusterUid, or null.</param>
/// <param name="ByName">The cluster of this name, or null.</param>
/// <param name="ByKey">The cluster that this key is bound to, or null.</param>
/// <param name="OldKeyProven">The request is signed with the key that <paramref name="ByUid"/> is bound to.</param>
public sealed record EnrollmentFacts(
    TokenFacts? Token,
    string ClusterName,
    string ClusterUid,
    byte[] KeyHash,
    KnownCluster? ByUid,
    KnownCluster? ByName,
    KnownCluster? ByKey,
    bool OldKeyProven);

/// <summary>What the hub knows of a token.</summary>
/// <remarks>SecretMatches: the secret presented is the token's. Clusters: names of those enrolled with it.</remarks>
public sealed record TokenFacts(
    bool SecretMatches,
    string ClusterNames,
    bool RequireApproval,
    int UsesLeft,
    DateTimeOffset ExpiryTime,
    bool Revoked,
    IReadOnlyCollection<string> Clusters);

/// <summary>What the hub knows of a cluster.</summary>
/// <remarks>PendingKeyHash: a key that waits for approval, or null.</remarks>
public sealed record KnownCluster(Guid Id, string Name, string ClusterUid, ClusterTrust Trust, byte[] BoundKeyHash, byte[]? PendingKeyHash);
