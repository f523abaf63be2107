using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Cli.Connection;

/// <summary>How the hub's certificate is judged: by its own CA, by a pinned public key, or by the system's trust.</summary>
internal static class HubTrust
{
    /// <summary>Null: the system decides.</summary>
    public static RemoteCertificateValidationCallback? ByCa(string? pem)
    {
        if (pem is null)
        {
            return null;
        }

        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(pem);
        return (_, certificate, presented, errors) => certificate is X509Certificate2 leaf
            && (errors & SslPolicyErrors.RemoteCertificateNameMismatch) == 0
            && Chains(leaf, presented, roots);
    }

    /// <summary>True for a chain in which a CA has the pinned public key ("sha256:BASE64" of its SubjectPublicKeyInfo).</summary>
    public static RemoteCertificateValidationCallback ByPin(string pin) => (_, certificate, presented, _) =>
    {
        if (certificate is not X509Certificate2 leaf || presented is null)
        {
            return false;
        }

        var pinned = new X509Certificate2Collection(presented.ChainElements.Select(e => e.Certificate)
            .Concat(presented.ChainPolicy.ExtraStore)
            .Where(c => CryptographicOperations.FixedTimeEquals(System.Text.Encoding.ASCII.GetBytes(Pin(c)), System.Text.Encoding.ASCII.GetBytes(pin)))
            .ToArray());
        return pinned.Count > 0 && Chains(leaf, presented, pinned);
    };

    public static string Pin(X509Certificate2 certificate) =>
        "sha256:" + Convert.ToBase64String(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    private static bool Chains(X509Certificate2 leaf, X509Chain? presented, X509Certificate2Collection roots)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        if (presented is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
        }

        return chain.Build(leaf);
    }
}
