using System.Security.Cryptography;

namespace Fleet.Hub.Storage.Sealing;

/// <summary>A key that seals secrets at rest: 32 bytes, named by an id that tells nothing of them.</summary>
public sealed class MasterKey
{
    public const int Length = 32;

    private MasterKey(byte[] bytes)
    {
        Bytes = bytes;

        // Keyed by a fixed label, so the id cannot serve as a check on anything else made from the key.
        Id = Convert.ToHexStringLower(HMACSHA256.HashData(bytes, "fleet master key id"u8))[..16];
    }

    public string Id { get; }

    internal byte[] Bytes { get; }

    public static MasterKey Create() => new(RandomNumberGenerator.GetBytes(Length));

    /// <summary>Reads the text form: base64 or hex of 32 bytes.</summary>
    /// <exception cref="StorageException">It is neither.</exception>
    public static MasterKey Parse(string text)
    {
        var trimmed = text.Trim();
        var buffer = new byte[Length];
        if (trimmed.Length == 2 * Length && trimmed.All(char.IsAsciiHexDigit))
        {
            return new(Convert.FromHexString(trimmed));
        }

        return Convert.TryFromBase64String(trimmed, buffer, out var written) && written == Length
            ? new(buffer)
            : throw new StorageException(StorageFailure.Sealed, "The master key is not 32 bytes in base64 or hex. Make one with: openssl rand -base64 32");
    }

    /// <summary>The text form, for the key file.</summary>
    public string Export() => Convert.ToBase64String(Bytes);
}
