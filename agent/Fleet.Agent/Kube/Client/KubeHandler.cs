using System.Net;
using System.Net.Security;
using Fleet.Agent.Kube.Config;

namespace Fleet.Agent.Kube.Client;

/// <summary>The HTTP handler for one cluster: its roots, its client certificate, its proxy, and bounds on all of them.</summary>
internal static class KubeHandler
{
    public static SocketsHttpHandler Create(ClusterAccess access, KubeClientOptions options, int maxConnections)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // A redirect would carry the credential to wherever it points.
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.GZip,
            ConnectTimeout = options.ConnectTimeout,
            MaxConnectionsPerServer = maxConnections,
            EnableMultipleHttp2Connections = false,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            PooledConnectionLifetime = TimeSpan.FromMinutes(30),
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            MaxResponseHeadersLength = 64,
            ResponseDrainTimeout = TimeSpan.FromSeconds(1),
            SslOptions = Tls(access),
        };
        SetProxy(handler, access);
        return handler;
    }

    private static SslClientAuthenticationOptions Tls(ClusterAccess access)
    {
        var tls = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = access.Trust.Validate,
            // Asked at each handshake, so that a certificate from an exec plugin can be rolled.
            LocalCertificateSelectionCallback = (_, _, _, _, _) => access.Credentials.Certificate!,
        };
        return tls;
    }

    private static void SetProxy(SocketsHttpHandler handler, ClusterAccess access)
    {
        if (access.Proxy is { } proxy)
        {
            handler.Proxy = new WebProxy(proxy) { Credentials = Credentials(proxy) };
            return;
        }
        // Like client-go: HTTPS_PROXY and NO_PROXY count, but never for this machine.
        handler.UseProxy = !access.Server.IsLoopback;
    }

    private static NetworkCredential? Credentials(Uri proxy)
    {
        if (proxy.UserInfo.Length == 0) return null;
        var colon = proxy.UserInfo.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? new(Uri.UnescapeDataString(proxy.UserInfo), "")
            : new(Uri.UnescapeDataString(proxy.UserInfo[..colon]), Uri.UnescapeDataString(proxy.UserInfo[(colon + 1)..]));
    }
}
