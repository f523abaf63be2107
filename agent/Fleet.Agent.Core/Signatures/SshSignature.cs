using System.Security.Cryptography;
using System.Text;

namespace Fleet.Agent.Core.Signatures;

/// <summary>A detached SSH signature as ssh-keygen makes it (OpenSSH's PROTOCOL.sshsig).</summary>
public sealed class SshSignature
{
    private const string Begin = "-----BEGIN SSH SIGNATURE-----";
    private const string End = "-----END SSH SIGNATURE-----";
    private const int MaxShownType = 60;
    private readonly byte[] _key;
    private readonly string _namespace;
    private readonly byte[] _reserved;
    private readonly string _hash;
    private readonly byte[] _signature;

    private SshSignature(byte[] key, string ns, byte[] reserved, string hash, byte[] signature) =>
        (_key, _namespace, _reserved, _hash, _signature) = (key, ns, reserved, hash, signature);

    public static SshSignature? TryParse(string armored, out string fault)
    {
        fault = "the commit's signature cannot be read";
        var text = armored.Trim();
        if (!text.StartsWith(Begin, StringComparison.Ordinal) || !text.EndsWith(End, StringComparison.Ordinal) || text.Length < Begin.Length + End.Length) return null;
        byte[] bytes;
        try
        {
            bytes = Convert.FromBase64String(text[Begin.Length..^End.Length]);
        }
        catch (FormatException)
        {
            return null;
        }
        var reader = new WireReader(bytes);
        if (!reader.Rest(6).SequenceEqual("SSHSIG"u8) || reader.Number() != 1) return null;
        var key = reader.Text().ToArray();
        var ns = Encoding.UTF8.GetString(reader.Text());
        var reserved = reader.Text().ToArray();
        var hash = Encoding.ASCII.GetString(reader.Text());
        var signature = reader.Text().ToArray();
        return reader.Failed || !reader.AtEnd ? null : new(key, ns, reserved, hash, signature);
    }

    /// <summary>Why this is no signature of the message by one of the keys; null when it is.</summary>
    /// <param name="message">What was signed.</param>
    /// <param name="purpose">What for: a signature of a file is none of a commit.</param>
    /// <param name="keys">Whose signatures count.</param>
    public string? Check(ReadOnlySpan<byte> message, string purpose, IReadOnlyList<SshKey> keys)
    {
        if (_namespace != purpose) return $"the signature was made for another purpose than '{purpose}'";
        var digest = _hash switch
        {
            "sha256" => SHA256.HashData(message),
            "sha512" => SHA512.HashData(message),
            _ => null,
        };
        if (digest is null) return "the signature uses a hash other than sha256 and sha512";
        if (keys.FirstOrDefault(k => k.Has(_key)) is not { } key) return $"it is signed with a key ({KeyType()}) of none of the signers";
        using var signed = new MemoryStream();
        signed.Write("SSHSIG"u8);
        Write(signed, Encoding.UTF8.GetBytes(_namespace));
        Write(signed, _reserved);
        Write(signed, Encoding.ASCII.GetBytes(_hash));
        Write(signed, digest);
        return key.Verify(signed.ToArray(), _signature) ? null : "its signature is not of this commit: the commit, or the signature, was changed";
    }

    private string KeyType()
    {
        var reader = new WireReader(_key);
        var type = Encoding.ASCII.GetString(reader.Text());
        return type.Length is > 0 and <= MaxShownType && type.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '@' or '.') ? type : "of an unknown type";
    }

    private static void Write(MemoryStream to, byte[] text)
    {
        Span<byte> length = stackalloc byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(length, text.Length);
        to.Write(length);
        to.Write(text);
    }
}
