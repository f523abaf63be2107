using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fleet.V1;

namespace Fleet.Agent.Content;

/// <summary>A Git object's id: SHA-1 (20 bytes) or SHA-256 (32 bytes) over its type, size and bytes.</summary>
internal readonly record struct GitId
{
    private readonly string? _hex;

    private GitId(string hex) => _hex = hex;

    /// <summary>Lower-case hex.</summary>
    public string Hex => _hex ?? "";

    public int Length => Hex.Length / 2;

    public byte[] Bytes => Convert.FromHexString(Hex);

    public static bool TryParse(string hex, out GitId id)
    {
        var good = hex.Length is 40 or 64 && hex.All(char.IsAsciiHexDigit);
        id = good ? new(hex.ToLowerInvariant()) : default;
        return good;
    }

    public static bool TryOf(ReadOnlySpan<byte> raw, out GitId id)
    {
        var good = raw.Length is 20 or 32;
        id = good ? new(Convert.ToHexStringLower(raw)) : default;
        return good;
    }

    /// <summary>The id that these bytes have, in the algorithm of another id's length.</summary>
    public static GitId Of(GitObjectType type, ReadOnlySpan<byte> content, int length)
    {
        // SHA-1 is what Git's ids are; the hub's git refuses objects of known collision attacks at fetch.
#pragma warning disable CA5350
        using var hash = IncrementalHash.CreateHash(length == 32 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        hash.AppendData(Encoding.ASCII.GetBytes($"{Word(type)} {content.Length.ToString(CultureInfo.InvariantCulture)}\0"));
        hash.AppendData(content);
        return new(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    public static string Word(GitObjectType type) => type switch
    {
        GitObjectType.Commit => "commit",
        GitObjectType.Tree => "tree",
        GitObjectType.Blob => "blob",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no Git object type"),
    };

    public override string ToString() => Hex;
}
