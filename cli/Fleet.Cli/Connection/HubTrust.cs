using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Cli.Connection;

/// <summary>How the hub's certificate is judged: by its own CA (perhaps known by a pinned public key), or by the system's trust.</summary>
internal static class HubTrust
{
    /// <summary>Null: the system decides.</summary>
    public static RemoteCertificateValidationCallback? ByCa(string? pem)
    {
        if (pem is null)
        {
            return null;
        }

        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(pem);
        return (_, certificate, presented, errors) => certificate is X509Certificate2 leaf
            && (errors & SslPolicyErrors.RemoteCertificateNameMismatch) == 0
            && Chains(leaf, presented, roots);
    }

    /// <summary>
    /// The hub's CA certificates, fetched without trust and kept only where the pin vouches for them, as kubeadm's discovery does.
    /// (A TLS server leaves its root out of the handshake, so the pin cannot be looked for there.)
    /// </summary>
    public static async Task<string> FetchPinnedAsync(Uri hub, string pin, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10) };
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        using var http = new HttpClient(handler) { Timeout = timeout, MaxResponseContentBufferSize = 64 * 1024 };
        var all = new X509Certificate2Collection();
        try
        {
            all.ImportFromPem(await http.GetStringAsync(new Uri(hub, "/ca.pem"), cancellationToken));
        }
        catch (Exception e) when (e is HttpRequestException or CryptographicException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new FailureException($"the hub's CA could not be read from {hub}ca.pem: {e.Message}", ExitCodes.Unreachable, "Check the address, and that it is the hub's API listener.");
        }

        var kept = all.Where(c => Pin(c) == pin).Select(c => c.ExportCertificatePem()).ToArray();
        return kept.Length > 0 ? string.Join('\n', kept)
            : throw new FailureException("the hub's CA is not the pinned one", ExitCodes.Denied, $"It has {string.Join(", ", all.Select(Pin))}. Compare with what the hub printed at its start; do not go on before they are the same.");
    }

    /// <summary>sha256: and the hex SHA-256 of the certificate's SubjectPublicKeyInfo.</summary>
    public static string Pin(X509Certificate2 certificate) =>
        "sha256:" + Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    private static bool Chains(X509Certificate2 leaf, X509Chain? presented, X509Certificate2Collection roots)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        if (presented is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
        }

        return chain.Build(leaf);
    }
}
