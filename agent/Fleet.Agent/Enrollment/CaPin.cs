using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Agent.Enrollment;

/// <summary>The hash of a CA's public key (SubjectPublicKeyInfo) that an operator handed over beside the token: sha256:HEX.</summary>
internal sealed record CaPin
{
    private const string Prefix = "sha256:";
    private readonly byte[] _hash;

    private CaPin(byte[] hash) => _hash = hash;

    public static bool TryParse(string text, out CaPin? pin)
    {
        pin = null;
        if (!text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || text.Length != Prefix.Length + 64) return false;
        var hash = new byte[32];
        if (Convert.FromHexString(text.AsSpan(Prefix.Length), hash, out _, out _) != System.Buffers.OperationStatus.Done) return false;
        pin = new(hash);
        return true;
    }

    public static string Of(X509Certificate2 certificate) => Prefix + Convert.ToHexStringLower(Hash(certificate));

    public bool Matches(X509Certificate2 certificate) => CryptographicOperations.FixedTimeEquals(_hash, Hash(certificate));

    public bool Equals(CaPin? other) => other is not null && _hash.AsSpan().SequenceEqual(other._hash);

    public override int GetHashCode() => BitConverter.ToInt32(_hash);

    public override string ToString() => Prefix + Convert.ToHexStringLower(_hash);

    private static byte[] Hash(X509Certificate2 certificate) => SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo());
}
