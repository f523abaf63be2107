using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.WebUtilities;

namespace Fleet.Hub.Enrollment;

/// <summary>
/// Challenges for agents whose certificate has expired: bound to a cluster and its key, good once and for 60 s. A challenge
/// carries its own content under a MAC, so that asking for many fills no memory and any node can check it.
/// </summary>
internal sealed class RecoverChallenges(HubIdentity hub, TimeProvider clock)
{
    private const int NonceLength = 32;
    private const int BodyLength = 8 + 16 + 32 + NonceLength;
    private const int MaxUsed = 10_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, long> _used = new(StringComparer.Ordinal);

    /// <summary>A new challenge: its id for the wire, and the nonce to be signed.</summary>
    public (string Id, byte[] Nonce) Create(Guid clusterId, ReadOnlySpan<byte> keyHash)
    {
        Span<byte> body = stackalloc byte[BodyLength];
        BinaryPrimitives.WriteInt64BigEndian(body, (clock.GetUtcNow() + Lifetime).ToUnixTimeMilliseconds());
        clusterId.TryWriteBytes(body[8..]);
        keyHash.CopyTo(body.Slice(24, 32));
        RandomNumberGenerator.Fill(body[^NonceLength..]);
        byte[] whole = [.. body, .. HMACSHA256.HashData(hub.ChallengeKey, body)];
        return (WebEncoders.Base64UrlEncode(whole), body[^NonceLength..].ToArray());
    }

    /// <summary>What a challenge was for, when it is ours, still good and not used before; it is used by this call.</summary>
    public (Guid ClusterId, byte[] KeyHash, byte[] Nonce)? Redeem(string id)
    {
        if (Decode(id) is not { Length: BodyLength + 32 } whole
            || !CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(hub.ChallengeKey, whole.AsSpan(0, BodyLength)), whole.AsSpan(BodyLength)))
        {
            return null;
        }

        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var expiry = BinaryPrimitives.ReadInt64BigEndian(whole);
        if (expiry < now || !Use(Convert.ToHexString(whole, BodyLength, 32), expiry, now))
        {
            return null;
        }

        return (new Guid(whole.AsSpan(8, 16)), whole[24..56], whole[56..BodyLength]);
    }

    private bool Use(string mac, long expiry, long now)
    {
        if (_used.Count >= MaxUsed)
        {
            foreach (var (key, until) in _used)
            {
                if (until < now)
                {
                    _used.TryRemove(key, out _);
                }
            }
        }

        return _used.Count < MaxUsed && _used.TryAdd(mac, expiry);
    }

    private static byte[]? Decode(string id)
    {
        try
        {
            return id.Length <= 256 ? WebEncoders.Base64UrlDecode(id) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
