using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Identity;
using Fleet.Hub.Storage.Sealing;

namespace Fleet.Hub.Enrollment;

/// <summary>The roles of stored authorities.</summary>
internal static class AuthorityRoles
{
    public const string Active = "Active";
    public const string Next = "Next";
    public const string Retiring = "Retiring";
}

/// <summary>Makes authorities, seals their keys, and takes the stored ones up.</summary>
internal sealed class AuthorityKeys(FleetStores stores, Sealer sealer)
{
    /// <summary>A new one, to be stored.</summary>
    public HubCa Make(string role, string hubId, DateTimeOffset now)
    {
        using var authority = CertificateAuthority.Create(hubId[..8], now);
        var id = Guid.NewGuid().ToString("D");
        var key = authority.ExportKey();
        var sealedKey = sealer.Seal(key, Purpose(id));
        CryptographicOperations.ZeroMemory(key);
        return new HubCa(id, role, authority.Certificate.RawData, sealedKey.KeyId, sealedKey.Bytes, now, authority.Certificate.NotAfter.ToUniversalTime());
    }

    /// <summary>All that are stored, as they are to be used.</summary>
    public async Task<HubAuthorities> LoadAsync(Transaction tx, CancellationToken cancellationToken)
    {
        var all = await stores.Hub.CasAsync(tx, cancellationToken).ConfigureAwait(false);
        var signer = Open(all.First(ca => ca.Role == AuthorityRoles.Active));
        var servers = all.FirstOrDefault(ca => ca.Role == AuthorityRoles.Retiring) is { } old ? Open(old) : signer;

        // Who signs what a client meets comes first: some read one certificate alone.
        X509Certificate2[] bundle =
        [
            servers.Certificate,
            .. all.Where(ca => !ca.Certificate.AsSpan().SequenceEqual(servers.Certificate.RawData)).Select(ca => X509CertificateLoader.LoadCertificate(ca.Certificate)),
        ];
        return new HubAuthorities(signer, servers, bundle, Version(all));
    }

    /// <summary>Ids and roles.</summary>
    public static string Version(IEnumerable<HubCa> all) => string.Join(' ', all.Select(ca => $"{ca.Id}={ca.Role}").Order(StringComparer.Ordinal));

    private CertificateAuthority Open(HubCa ca)
    {
        var key = sealer.Open(new SealedValue(ca.KeyId, ca.SealedKey), Purpose(ca.Id));
        var authority = CertificateAuthority.Load(ca.Certificate, key);
        CryptographicOperations.ZeroMemory(key);
        return authority;
    }

    private static string Purpose(string authorityId) => $"hub-ca/{authorityId}";
}
