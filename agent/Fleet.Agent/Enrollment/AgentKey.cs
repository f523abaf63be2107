using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Agent.Enrollment;

/// <summary>What is done with the agent's EC P-256 key (PKCS#8).</summary>
internal static class AgentKey
{
    public static byte[] New()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKey();
    }

    /// <summary>PKCS#10; the hub takes only the public key from it.</summary>
    public static byte[] Request(byte[] pkcs8)
    {
        using var key = Load(pkcs8);
        return new CertificateRequest("CN=fleet-agent", key, HashAlgorithmName.SHA256).CreateSigningRequest();
    }

    /// <summary>SHA-256 of the SubjectPublicKeyInfo.</summary>
    public static byte[] PublicHash(byte[] pkcs8)
    {
        using var key = Load(pkcs8);
        return SHA256.HashData(key.ExportSubjectPublicKeyInfo());
    }

    /// <summary>Signs one of <see cref="Fleet.V1.IdentityProofs"/>' digests; DER.</summary>
    public static byte[] Sign(byte[] pkcs8, byte[] digest)
    {
        using var key = Load(pkcs8);
        return key.SignHash(digest, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static ECDsa Load(byte[] pkcs8)
    {
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        return key;
    }
}
