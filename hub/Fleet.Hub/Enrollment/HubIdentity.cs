using System.Security.Cryptography.X509Certificates;

namespace Fleet.Hub.Enrollment;

/// <summary>Who this hub is, for good: made at first start and kept in the database. All hub nodes share it.</summary>
/// <param name="HubId">Goes into field manager and ownership labels in the clusters.</param>
/// <param name="TrustDomain">Of the SPIFFE ids.</param>
/// <param name="Authority">Signs agents' and the hub's certificates.</param>
/// <param name="Bundle">The CAs to trust the hub by: its own, and the next or last one while they are being rolled.</param>
/// <param name="IsNew">True when this start made it.</param>
public sealed record HubIdentity(
    string HubId, string TrustDomain, CertificateAuthority Authority, IReadOnlyList<X509Certificate2> Bundle, bool IsNew) : IDisposable
{
    /// <summary>What install commands pin.</summary>
    public string Pin => PublicKeys.Pin(Authority.Certificate);

    /// <summary>The bundle as PEM.</summary>
    public string BundlePem() => string.Concat(Bundle.Select(c => c.ExportCertificatePem() + "\n"));

    public void Dispose() => Authority.Dispose();
}
