using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Fleet.Agent.Enrollment;

/// <summary>
/// Finds the hub's CA by its pin. What is read here is trusted for nothing but holding a certificate whose public key has
/// the pinned hash (as kubeadm's discovery does it): .NET servers on Linux leave the self-signed root out of the handshake.
/// </summary>
internal static class CaDiscovery
{
    private const int MaxBytes = 64 << 10;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <exception cref="PinException">The hub was reached, and it is not the pinned one.</exception>
    /// <exception cref="HttpRequestException">The hub was not reached.</exception>
    public static async Task<X509Certificate2> FindAsync(Uri hub, CaPin pin, TimeProvider time, CancellationToken cancellationToken)
    {
        var seen = new List<X509Certificate2>();
        using var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            AllowAutoRedirect = false,
            SslOptions = { RemoteCertificateValidationCallback = (_, _, chain, _) => Remember(chain, seen) },
        };
        using var client = new HttpClient(handler) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
        using var limit = new CancellationTokenSource(Limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var response = await client.GetAsync(new Uri(hub, "/ca.pem"), HttpCompletionOption.ResponseHeadersRead, both.Token).ConfigureAwait(false);
            if (seen.Find(c => IsPinned(c, pin)) is { } fromHandshake) return fromHandshake;
            if (response.IsSuccessStatusCode) seen.AddRange(Parse(await ReadBoundedAsync(response, both.Token).ConfigureAwait(false)));
            return seen.Find(c => IsPinned(c, pin)) ?? throw new PinException(Words(hub, pin, seen));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"the hub at {hub} did not answer within {Limit.TotalSeconds:0} s");
        }
    }

    private static bool IsPinned(X509Certificate2 certificate, CaPin pin) =>
        pin.Matches(certificate) && certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(b => b.CertificateAuthority);

    private static bool Remember(X509Chain? chain, List<X509Certificate2> seen)
    {
        if (chain is not null)
        {
            foreach (var element in chain.ChainElements) seen.Add(X509CertificateLoader.LoadCertificate(element.Certificate.RawData));
        }
        return true;
    }

    private static List<X509Certificate2> Parse(string pem)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            // Something else lives at this address; the pin then finds nothing, and says so.
        }
        return [.. found];
    }

    private static async Task<string> ReadBoundedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxBytes];
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static string Words(Uri hub, CaPin pin, List<X509Certificate2> seen)
    {
        var found = seen.Count == 0 ? "none" : string.Join(", ", seen.Select(c => $"{c.Subject} {CaPin.Of(c)}").Distinct().Take(4));
        return $"what answers at {hub} is not the hub that was pinned: no CA of it has the key {pin} (found: {found}). "
            + "Nothing was sent to it. Check --hub and --ca-pin against the output of fleetctl token create; if both are right, somebody is in between";
    }
}

/// <summary>The hub that answers is not the pinned one.</summary>
internal sealed class PinException(string message) : Exception(message);
