using System.Security.Cryptography;
using System.Text;

namespace Fleet.Agent.Core.Signatures;

/// <summary>A public key in OpenSSH's form (RFC 4253, 5656, 8709): ed25519, ECDSA over P-256 and P-384, RSA from 2048 bits on.</summary>
public sealed class SshKey
{
    private const int LeastRsaBits = 2048;
    private const int MostRsaBits = 16384;
    private readonly byte[] _blob;

    private SshKey(string type, byte[] blob) => (Type, _blob) = (type, blob);

    public string Type { get; }

    /// <summary>Reads "TYPE BASE64 [comment]", as it stands in a .pub file.</summary>
    public static SshKey? TryParse(string line, out string fault)
    {
        var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        fault = "it is not TYPE BASE64, as in a .pub file";
        if (words.Length < 2) return null;
        byte[] blob;
        try
        {
            blob = Convert.FromBase64String(words[1]);
        }
        catch (FormatException)
        {
            return null;
        }
        var reader = new WireReader(blob);
        if (Encoding.ASCII.GetString(reader.Text()) != words[0] || reader.Failed) return null;
        fault = words[0] switch
        {
            "ssh-ed25519" => Is(reader.Text().Length == 32 && reader.AtEnd),
            "ecdsa-sha2-nistp256" => Is(Ecdsa(blob) is not null),
            "ecdsa-sha2-nistp384" => Is(Ecdsa(blob) is not null),
            "ssh-rsa" => RsaFault(blob),
            _ => $"keys of type {words[0]} cannot be checked by this agent; use ssh-ed25519, ecdsa-sha2-nistp256, ecdsa-sha2-nistp384 or ssh-rsa",
        };
        return fault.Length == 0 ? new(words[0], blob) : null;

        static string Is(bool good) => good ? "" : "its bytes are no key of that type";
    }

    public bool Has(ReadOnlySpan<byte> blob) => blob.SequenceEqual(_blob);

    /// <summary>Whether a signature blob (RFC 4253: algorithm, bytes) over these bytes is this key's.</summary>
    public bool Verify(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        var reader = new WireReader(signature);
        var algorithm = Encoding.ASCII.GetString(reader.Text());
        var value = reader.Text();
        if (reader.Failed || !reader.AtEnd) return false;
        var key = new WireReader(_blob);
        key.Text();
        switch (Type, algorithm)
        {
            case ("ssh-ed25519", "ssh-ed25519"):
                return Ed25519.Verify(key.Text(), signed, value);
            case ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"):
                return VerifyEcdsa(signed, value, HashAlgorithmName.SHA256, 32);
            case ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"):
                return VerifyEcdsa(signed, value, HashAlgorithmName.SHA384, 48);
            // The old "ssh-rsa" algorithm is SHA-1, and is not taken.
            case ("ssh-rsa", "rsa-sha2-256"):
                return VerifyRsa(signed, value, HashAlgorithmName.SHA256);
            case ("ssh-rsa", "rsa-sha2-512"):
                return VerifyRsa(signed, value, HashAlgorithmName.SHA512);
            default:
                return false;
        }
    }

    private static string RsaFault(byte[] blob)
    {
        var reader = new WireReader(blob);
        reader.Text();
        reader.Positive();
        var bits = reader.Positive().Length * 8;
        if (reader.Failed || !reader.AtEnd) return "its bytes are no key of that type";
        return bits is >= LeastRsaBits and <= MostRsaBits ? "" : $"it has {bits} bits; RSA keys need {LeastRsaBits} to {MostRsaBits}";
    }

    private bool VerifyRsa(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> value, HashAlgorithmName hash)
    {
        var reader = new WireReader(_blob);
        reader.Text();
        var exponent = reader.Positive().ToArray();
        var modulus = reader.Positive().ToArray();
        try
        {
            using var rsa = RSA.Create(new RSAParameters { Exponent = exponent, Modulus = modulus });
            return rsa.VerifyData(signed, value, hash, RSASignaturePadding.Pkcs1);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private bool VerifyEcdsa(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> value, HashAlgorithmName hash, int size)
    {
        var reader = new WireReader(value);
        var r = reader.Positive();
        var s = reader.Positive();
        if (reader.Failed || !reader.AtEnd || r.Length > size || s.Length > size) return false;
        var fixedSize = new byte[size * 2];
        r.CopyTo(fixedSize.AsSpan(size - r.Length));
        s.CopyTo(fixedSize.AsSpan(fixedSize.Length - s.Length));
        using var ecdsa = Ecdsa(_blob);
        return ecdsa?.VerifyData(signed, fixedSize, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation) == true;
    }

    /// <summary>Null when the bytes are no point of the curve that they name.</summary>
    private static ECDsa? Ecdsa(byte[] blob)
    {
        var reader = new WireReader(blob);
        reader.Text();
        var curve = Encoding.ASCII.GetString(reader.Text());
        var point = reader.Text();
        var size = curve == "nistp256" ? 32 : 48;
        if (reader.Failed || !reader.AtEnd || point.Length != (2 * size) + 1 || point[0] != 4) return null;
        try
        {
            return ECDsa.Create(new ECParameters
            {
                Curve = size == 32 ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP384,
                Q = new() { X = point.Slice(1, size).ToArray(), Y = point[(1 + size)..].ToArray() },
            });
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
