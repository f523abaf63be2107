using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Hub.Enrollment;

/// <summary>Reads certificate signing requests.</summary>
internal static class SigningRequests
{
    private const int MaxLength = 8 * 1024;
    private const string P256 = "1.2.840.10045.3.1.7";

    /// <summary>
    /// The public key of a request whose signature proves that its sender has the private one, or what is wrong.
    /// Subject, extensions and attributes are not even looked at: the hub mints the identity.
    /// </summary>
    public static (PublicKey? Key, string? Problem) Read(ReadOnlyMemory<byte> der)
    {
        const string Wanted = "an EC P-256 key in a PKCS#10 request (DER), signed with SHA-256, is wanted.";
        if (der.Length is 0 or > MaxLength)
        {
            return (null, $"The certificate request has {der.Length} bytes; {Wanted}");
        }

        try
        {
            // Verifies the signature: LoadSigningRequest throws when it does not hold.
            var request = CertificateRequest.LoadSigningRequest(der.Span, HashAlgorithmName.SHA256, out var read, CertificateRequestLoadOptions.Default);
            if (read != der.Length)
            {
                return (null, $"The certificate request has bytes behind its end; {Wanted}");
            }

            using var key = request.PublicKey.GetECDsaPublicKey();
            return key is not null && key.ExportParameters(false).Curve.Oid.Value == P256
                ? (request.PublicKey, null)
                : (null, $"The certificate request has a key of another kind; {Wanted}");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            return (null, $"The certificate request cannot be read, or its signature does not hold; {Wanted}");
        }
    }
}
