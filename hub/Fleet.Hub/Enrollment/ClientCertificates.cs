using System.Security.Cryptography.X509Certificates;
using Fleet.Hub.Core.Enrollment;

namespace Fleet.Hub.Enrollment;

/// <summary>Reads the identity out of a client certificate: the only place where identity comes from.</summary>
internal sealed class ClientCertificates(HubIdentity hub, TimeProvider clock)
{
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    /// <summary>The identity, or null when the certificate is not one that this hub gave to an agent and that is good now.</summary>
    public (SpiffeId Identity, byte[] KeyHash)? Read(X509Certificate2? certificate)
    {
        if (certificate is null || !ChainsToHub(certificate))
        {
            return null;
        }

        var uris = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(Uris).ToArray();
        return uris.Length == 1 && SpiffeId.Parse(uris[0]) is { } identity && identity.TrustDomain == hub.TrustDomain
            ? (identity, PublicKeys.Hash(certificate.PublicKey))
            : null;
    }

    private bool ChainsToHub(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(hub.Bundle.ToArray());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new(ClientUsage));
        chain.ChainPolicy.VerificationTime = clock.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        return chain.Build(certificate);
    }

    // The extension type decodes DNS names and addresses only; URIs are context tag 6 of GeneralName (RFC 5280, 4.2.1.6).
    private static IEnumerable<string> Uris(X509SubjectAlternativeNameExtension extension)
    {
        var found = new List<string>();
        var reader = new System.Formats.Asn1.AsnReader(extension.RawData, System.Formats.Asn1.AsnEncodingRules.DER);
        var names = reader.ReadSequence();
        var uri = new System.Formats.Asn1.Asn1Tag(System.Formats.Asn1.TagClass.ContextSpecific, 6);
        while (names.HasData)
        {
            if (names.PeekTag() == uri)
            {
                found.Add(names.ReadCharacterString(System.Formats.Asn1.UniversalTagNumber.IA5String, uri));
            }
            else
            {
                names.ReadEncodedValue();
            }
        }

        return found;
    }
}
