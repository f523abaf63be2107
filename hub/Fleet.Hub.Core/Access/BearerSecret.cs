using System.Security.Cryptography;
using System.Text;

namespace Fleet.Hub.Core.Access;

/// <summary>A token or API key as its holder has it: <c>id.secret</c>. The hub keeps the id and a hash of the secret.</summary>
public sealed class BearerSecret
{
    private const int MaxLength = 200;

    private readonly string _secret;

    private BearerSecret(string id, string secret)
    {
        Id = id;
        _secret = secret;
    }

    /// <summary>Which one it is; not a secret.</summary>
    public string Id { get; }

    /// <summary>SHA-256 of the secret. No salt and no stretching: it is 256 random bits, not a password.</summary>
    public byte[] Hash() => SHA256.HashData(Encoding.UTF8.GetBytes(_secret));

    /// <summary>Whether this is the secret behind a stored hash, in constant time.</summary>
    public bool Matches(ReadOnlySpan<byte> hash) => CryptographicOperations.FixedTimeEquals(Hash(), hash);

    /// <summary>The whole, to be shown once and never logged.</summary>
    public string Reveal() => $"{Id}.{_secret}";

    /// <summary>Only the id: what may be logged.</summary>
    public override string ToString() => $"{Id}.…";

    /// <summary>Reads what a caller presented; null when it has not even the form.</summary>
    public static BearerSecret? Parse(string? text)
    {
        if (text is null || text.Length > MaxLength)
        {
            return null;
        }

        var dot = text.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && dot < text.Length - 1 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
            ? new BearerSecret(text[..dot], text[(dot + 1)..])
            : null;
    }

    /// <summary>A new one out of random bytes: 5 for the id, 32 for the secret.</summary>
    public static BearerSecret Create(ReadOnlySpan<byte> random)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(random.Length, RandomBytes);
        return new BearerSecret(
            Convert.ToHexStringLower(random[..5]),
            Convert.ToBase64String(random[5..]).TrimEnd('=').Replace('+', '-').Replace('/', '_'));
    }

    /// <summary>How many random bytes <see cref="Create"/> wants.</summary>
    public const int RandomBytes = 37;
}
