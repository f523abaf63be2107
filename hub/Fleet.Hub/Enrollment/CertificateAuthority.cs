using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Hub.Core.Enrollment;

namespace Fleet.Hub.Enrollment;

/// <summary>The hub's own CA: one EC P-256 key that signs agents' and the hub's certificates, and nothing else.</summary>
public sealed class CertificateAuthority : IDisposable
{
    private readonly ECDsa _key;

    private CertificateAuthority(X509Certificate2 certificate, ECDsa key)
    {
        Certificate = certificate;
        _key = key;
    }

    /// <summary>The self-signed root, without its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The key as PKCS#8: only to be sealed.</summary>
    public byte[] ExportKey() => _key.ExportPkcs8PrivateKey();

    /// <summary>Makes a new one.</summary>
    public static CertificateAuthority Create(string hubId, DateTimeOffset now)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=Fleet hub CA {hubId}, O=Fleet", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var notBefore = now - CertificateTimes.HubBackdating;
        using var signed = request.CreateSelfSigned(notBefore, now + CertificateTimes.AuthorityLifetime);
        return new CertificateAuthority(X509CertificateLoader.LoadCertificate(signed.RawData), key);
    }

    /// <summary>Takes up one that was stored.</summary>
    public static CertificateAuthority Load(byte[] certificate, byte[] key)
    {
        var ecdsa = ECDsa.Create();
        ecdsa.ImportPkcs8PrivateKey(key, out _);
        return new CertificateAuthority(X509CertificateLoader.LoadCertificate(certificate), ecdsa);
    }

    /// <summary>An agent's certificate: only the public key is the agent's, all else is minted here.</summary>
    internal byte[] IssueClient(PublicKey key, SpiffeId identity, DateTimeOffset now)
    {
        // The subject is for people who look at certificates; no code reads it.
        var request = new CertificateRequest(new X500DistinguishedName($"CN={identity.ClusterId:D}, O=Fleet agent"), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(identity.ToString()));
        request.CertificateExtensions.Add(names.Build(critical: true));
        AddLeafExtensions(request, "1.3.6.1.5.5.7.3.2");
        using var certificate = Sign(request, now - CertificateTimes.ClientBackdating, now + CertificateTimes.ClientLifetime);
        return certificate.RawData;
    }

    /// <summary>A server certificate of the hub, with its key.</summary>
    internal X509Certificate2 IssueServer(IReadOnlyCollection<string> hosts, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=fleet-hub, O=Fleet", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            if (IPAddress.TryParse(host, out var address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(host);
            }
        }

        request.CertificateExtensions.Add(names.Build());
        AddLeafExtensions(request, "1.3.6.1.5.5.7.3.1");
        using var certificate = Sign(request, now - CertificateTimes.HubBackdating, now + CertificateTimes.ServerLifetime);
        return certificate.CopyWithPrivateKey(key);
    }

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }

    private static void AddLeafExtensions(CertificateRequest request, string usage)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
    }

    private X509Certificate2 Sign(CertificateRequest request, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7F;
        return request.Create(Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), Later(notBefore, Certificate.NotBefore), notAfter, serial);
    }

    // A hub that was made today would else backdate its first leaf beyond its own CA's beginning.
    private static DateTimeOffset Later(DateTimeOffset wanted, DateTime issuer) =>
        wanted.UtcDateTime < issuer.ToUniversalTime() ? new DateTimeOffset(issuer.ToUniversalTime(), TimeSpan.Zero) : wanted;
}
