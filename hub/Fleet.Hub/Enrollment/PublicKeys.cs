using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Hub.Enrollment;

/// <summary>Public keys as they are compared, bound and pinned: by their SubjectPublicKeyInfo.</summary>
internal static class PublicKeys
{
    /// <summary>SHA-256 of the DER SubjectPublicKeyInfo.</summary>
    public static byte[] Hash(PublicKey key) => SHA256.HashData(key.ExportSubjectPublicKeyInfo());

    /// <summary>The pin of a CA, as install commands carry it: <c>sha256:</c> and 64 hex digits.</summary>
    public static string Pin(X509Certificate2 authority) => "sha256:" + Convert.ToHexStringLower(Hash(authority.PublicKey));

    /// <summary>Checks a DER signature over a hash; false for whatever is no signature or no P-256 key.</summary>
    public static bool Verify(ReadOnlySpan<byte> subjectPublicKey, byte[] hash, byte[] signature)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(subjectPublicKey, out _);
            return key.VerifyHash(hash, signature, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
