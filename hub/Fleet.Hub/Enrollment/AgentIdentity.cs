namespace Fleet.Hub.Enrollment;

/// <summary>Who calls on the agents' listener, as its TLS certificate says.</summary>
/// <param name="ClusterId">The uuid of its SPIFFE id.</param>
/// <param name="KeyHash">SHA-256 of the certificate's SubjectPublicKeyInfo.</param>
public sealed record AgentIdentity(string ClusterId, byte[] KeyHash);
