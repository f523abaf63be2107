using System.Security.Cryptography.X509Certificates;

namespace Fleet.Hub.Enrollment;

/// <summary>Who this hub is, for good: made at first start and kept in the database. All hub nodes share it.</summary>
public sealed class HubIdentity : IDisposable
{
    private volatile HubAuthorities _authorities;

    /// <summary>Takes up an identity with its authorities.</summary>
    /// <param name="hubId">Goes into field manager and ownership labels in the clusters.</param>
    /// <param name="trustDomain">Of the SPIFFE ids.</param>
    /// <param name="authorities">As they are now; rolled later.</param>
    /// <param name="isNew">True when this start made it.</param>
    public HubIdentity(string hubId, string trustDomain, HubAuthorities authorities, bool isNew) =>
        (HubId, TrustDomain, _authorities, IsNew) = (hubId, trustDomain, authorities, isNew);

    /// <summary>A uuid.</summary>
    public string HubId { get; }

    /// <summary>Of the SPIFFE ids.</summary>
    public string TrustDomain { get; }

    /// <summary>True when this start made it.</summary>
    public bool IsNew { get; }

    /// <summary>Signs agents' certificates.</summary>
    public CertificateAuthority Authority => _authorities.Signer;

    /// <summary>Signs the hub's own server certificates.</summary>
    public CertificateAuthority ServerAuthority => _authorities.Servers;

    /// <summary>The CAs to trust the hub by: its own, and the next or last one while they are being rolled.</summary>
    public IReadOnlyList<X509Certificate2> Bundle => _authorities.Bundle;

    /// <summary>Of the authorities.</summary>
    public string Version => _authorities.Version;

    /// <summary>What install commands pin: who signs the certificate that a new agent meets.</summary>
    public string Pin => PublicKeys.Pin(ServerAuthority.Certificate);

    /// <summary>The bundle as PEM.</summary>
    public string BundlePem() => string.Concat(Bundle.Select(c => c.ExportCertificatePem() + "\n"));

    /// <summary>Other authorities from now on. The old ones are left to handshakes that still use them.</summary>
    public void Take(HubAuthorities authorities) => _authorities = authorities;

    /// <inheritdoc/>
    public void Dispose()
    {
        _authorities.Signer.Dispose();
        _authorities.Servers.Dispose();
    }
}
