namespace Fleet.Hub.Storage.Enrollment;

/// <summary>A right to enroll clusters. Its secret is stored as a hash only.</summary>
/// <param name="Id">The public half of id.secret.</param>
/// <param name="Name">Unique.</param>
/// <param name="Version">Raised by every write.</param>
/// <param name="SecretHash">SHA-256 of the secret.</param>
/// <param name="ClusterNames">Glob over cluster names.</param>
/// <param name="Labels">What it grants.</param>
/// <param name="Uses">How many clusters.</param>
/// <param name="Used">How many so far.</param>
/// <param name="Approval">Auto, Token (the token itself approves) or Required.</param>
/// <param name="CreatedBy">Name of the API key.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Expires">When it ends.</param>
/// <param name="RevokedAt">Set when an operator, or a change of lineage, ended it.</param>
public sealed record StoredToken(
    string Id,
    string Name,
    long Version,
    byte[] SecretHash,
    string ClusterNames,
    IReadOnlyDictionary<string, string> Labels,
    long Uses,
    long Used,
    string Approval,
    string CreatedBy,
    DateTimeOffset Created,
    DateTimeOffset Expires,
    DateTimeOffset? RevokedAt);

/// <summary>One cluster that a token enrolled.</summary>
public sealed record TokenUse(string Token, byte[] KeyHash, string Cluster, string ClusterName, string RequestId, DateTimeOffset UsedAt);

/// <summary>What became of a try to use a token.</summary>
public enum TokenOutcome
{
    /// <summary>A use was burned and the key bound.</summary>
    Burned,

    /// <summary>The key was bound before: the same answer is due again.</summary>
    Repeated,

    /// <summary>No such token, or another secret.</summary>
    Unknown,

    Expired,
    UsedUp,
    Revoked,
}

/// <summary>An outcome, with the cluster that the key belongs to when it was burned or repeated.</summary>
public sealed record TokenBurn(TokenOutcome Outcome, string Cluster = "", StoredToken? Token = null);
