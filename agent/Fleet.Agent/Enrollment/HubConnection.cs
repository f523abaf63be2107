using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;

namespace Fleet.Agent.Enrollment;

/// <summary>Makes channels to the hub: HTTP/2 over TLS, with keep-alive pings so that a half-open link is found.</summary>
internal static class HubConnection
{
    /// <summary>Session and content messages are at most 1 MiB and 4 MiB plain; twice that is a fault of the other end.</summary>
    public const int MaxMessageBytes = 8 << 20;

    public static GrpcChannel Open(Uri address, HubTrust trust, SslStreamCertificateContext? client, TimeProvider time)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingDelay = TimeSpan.FromSeconds(20),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            EnableMultipleHttp2Connections = false,
            UseProxy = true,
            SslOptions =
            {
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                RemoteCertificateValidationCallback = trust.Validate,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                ClientCertificateContext = client,
            },
        };
        return GrpcChannel.ForAddress(address, new()
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaxMessageBytes,
            MaxSendMessageSize = MaxMessageBytes,
            ServiceProvider = new ClockOnly(time),
        });
    }

    private sealed class ClockOnly(TimeProvider time) : IServiceProvider
    {
        public object? GetService(Type serviceType) => serviceType == typeof(TimeProvider) ? time : null;
    }
}
