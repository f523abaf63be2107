namespace Fleet.Hub.Core.Enrollment;

/// <summary>Whether a cluster's identity is good.</summary>
public enum ClusterTrust
{
    /// <summary>Waits for an operator's approval; no certificate was ever given.</summary>
    Pending,

    Approved,

    Revoked,
}
