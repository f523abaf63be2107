using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Agent.Enrollment;

/// <summary>Decides whether the other end of a TLS connection is the hub: its chain must end in one of the given CAs and name the host that was dialled.</summary>
internal sealed class HubTrust(IReadOnlyList<X509Certificate2> roots)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private volatile string? _refusal;

    /// <summary>Trusts what the machine trusts: for a hub with a certificate of a public CA.</summary>
    public static HubTrust System() => new([]);

    /// <summary>Why the last connection was refused; null when none was. TLS itself says no more than that it failed.</summary>
    public string? Refusal => _refusal;

    public bool Validate(object sender, X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors)
    {
        _refusal = Judge(certificate, presented, errors);
        return _refusal is null;
    }

    private string? Judge(X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors)
    {
        if (certificate is null) return "the hub presented no certificate";
        using var leaf = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) return $"the hub's certificate is for another name ({Names(leaf)})";
        if (roots.Count == 0) return errors == SslPolicyErrors.None ? null : "the hub's certificate is not signed by a CA that this machine trusts; give --ca-pin";

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots.ToArray());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // The hub's CA publishes no lists; it rolls certificates instead.
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        if (presented is not null)
        {
            foreach (var element in presented.ChainElements) chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }
        if (chain.Build(leaf)) return null;
        var why = string.Join("; ", chain.ChainStatus.Select(s => s.StatusInformation.Trim()).Distinct());
        return $"the hub's certificate (issuer {leaf.Issuer}) is not signed by the hub's CA that this agent knows: {why}";
    }

    private static string Names(X509Certificate2 leaf)
    {
        var san = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        return san is null ? leaf.Subject : string.Join(", ", san.EnumerateDnsNames().Concat(san.EnumerateIPAddresses().Select(a => a.ToString())).Take(5));
    }
}
