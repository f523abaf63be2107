using System.Security.Cryptography;
using System.Text;

namespace Fleet.Hub.Storage.Identity;

/// <summary>Who this hub is; chosen once, at its first start.</summary>
/// <param name="HubId">A uuid; part of ownership labels and of Recover's challenge.</param>
/// <param name="TrustDomain">Of the SPIFFE ids that it mints.</param>
/// <param name="LineageEpoch">Random; see <see cref="Lineage"/>.</param>
/// <param name="SystemIdentifier">Of the physical database when the lineage was written.</param>
/// <param name="Timeline">Of the physical database when the lineage was written.</param>
/// <param name="KeyCheckKeyId">Id of the master key that <paramref name="KeyCheck"/> is sealed with.</param>
/// <param name="KeyCheck">A sealed known value: opening it at start proves the master key.</param>
/// <param name="Created">First start.</param>
public sealed record HubState(
    string HubId,
    string TrustDomain,
    string LineageEpoch,
    string SystemIdentifier,
    long Timeline,
    string KeyCheckKeyId,
    byte[] KeyCheck,
    DateTimeOffset Created)
{
    public Lineage Lineage => new(LineageEpoch, SystemIdentifier, Timeline);
}

/// <summary>Names one unbroken line of the database's history: a restore, a promotion or another database gives another.</summary>
public sealed record Lineage(string Epoch, string SystemIdentifier, long Timeline)
{
    /// <summary>As it goes over the wire and into chains: 32 opaque bytes.</summary>
    public byte[] ToBytes() => SHA256.HashData(Encoding.UTF8.GetBytes($"{Epoch}\n{SystemIdentifier}\n{Timeline}"));
}

/// <summary>A certificate authority of the hub.</summary>
/// <param name="Id">A uuid.</param>
/// <param name="Role">Active (signs agents' certificates), Next (in the bundles alone) or Retiring (signs the hub's own server certificates until it goes).</param>
/// <param name="Certificate">DER.</param>
/// <param name="KeyId">Id of the master key that sealed the private key.</param>
/// <param name="SealedKey">The private key (PKCS#8), sealed.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Expires">Its certificate's end.</param>
/// <param name="Activated">When it began to sign agents' certificates in another's place; null: it was the first, or has not begun.</param>
public sealed record HubCa(string Id, string Role, byte[] Certificate, string KeyId, byte[] SealedKey, DateTimeOffset Created, DateTimeOffset Expires, DateTimeOffset? Activated = null);
