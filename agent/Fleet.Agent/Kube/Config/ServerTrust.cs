using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Agent.Kube.Config;

/// <summary>Decides whether a server's certificate is trusted: by given roots, by the system's, or (only if the kubeconfig says so) always.</summary>
public sealed class ServerTrust
{
    private readonly Func<X509Certificate2Collection>? _roots;
    private readonly bool _skip;

    private ServerTrust(Func<X509Certificate2Collection>? roots, bool skip) => (_roots, _skip) = (roots, skip);

    public static ServerTrust System { get; } = new(null, skip: false);

    /// <summary>For <c>insecure-skip-tls-verify</c>.</summary>
    public static ServerTrust Anything { get; } = new(null, skip: true);

    public bool IsInsecure => _skip;

    public static ServerTrust InRoots(X509Certificate2Collection roots) => new(() => roots, skip: false);

    /// <summary>Roots from a file that may be replaced while we run (a cluster's CA is rolled by adding the next one to it).</summary>
    public static ServerTrust InFile(string path)
    {
        var roots = FromPem(File.ReadAllText(path), path);
        var stamp = File.GetLastWriteTimeUtc(path);
        var gate = new Lock();
        return new(Current, skip: false);

        X509Certificate2Collection Current()
        {
            lock (gate)
            {
                try
                {
                    var now = File.GetLastWriteTimeUtc(path);
                    if (now == stamp) return roots;
                    roots = FromPem(File.ReadAllText(path), path);
                    stamp = now;
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or KubeconfigException)
                {
                    // Half-written: the roots that we have stay good, and the next handshake looks again.
                }
                return roots;
            }
        }
    }

    public static X509Certificate2Collection FromPem(string pem, string where)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(pem);
        }
        catch (Exception e) when (e is global::System.Security.Cryptography.CryptographicException or ArgumentException)
        {
            throw new KubeconfigException($"{where}: the certificate authority is not PEM ({e.Message})");
        }
        return roots.Count > 0 ? roots : throw new KubeconfigException($"{where}: the certificate authority holds no certificate");
    }

    internal bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (_skip) return true;
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable)) return false;
        if (_roots is null) return errors == SslPolicyErrors.None;
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) return false;
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(_roots());
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.DisableCertificateDownloads = true;
        own.ChainPolicy.ApplicationPolicy.Add(new("1.3.6.1.5.5.7.3.1"));
        if (chain is not null)
        {
            foreach (var element in chain.ChainElements) own.ChainPolicy.ExtraStore.Add(element.Certificate);
            own.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        }
        var leaf = certificate as X509Certificate2 ?? X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return own.Build(leaf);
    }
}
