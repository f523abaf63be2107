using System.Security.Authentication;
using Fleet.Hub.Enrollment;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Fleet.Hub.Hosting;

/// <summary>The two TLS listeners.</summary>
internal static class HubListeners
{
    private const int MaxRequestBody = 16 * 1024 * 1024;

    public static void Configure(KestrelServerOptions kestrel, HubOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = MaxRequestBody;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.Http2.MaxStreamsPerConnection = 100;

        // A peer that vanished without a word is found by HTTP/2 PING, besides the session's own heartbeats.
        kestrel.AllowLongLivedStreams(pingDelay: TimeSpan.FromSeconds(30), pingTimeout: TimeSpan.FromSeconds(30));
        var bound = kestrel.ApplicationServices.GetRequiredService<BoundListeners>();
        var certificates = kestrel.ApplicationServices.GetRequiredService<ServerCertificates>();
        var clients = kestrel.ApplicationServices.GetRequiredService<ClientCertificates>();
        var revocations = kestrel.ApplicationServices.GetRequiredService<RevocationJournal>();
        kestrel.Listen(options.Listen, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            Mark(listen, HubListener.Api, bound);
            listen.UseHttps(https => Secure(https, HubListener.Api, certificates));
        });
        kestrel.Listen(options.AgentsListen, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            Mark(listen, HubListener.Agents, bound);
            listen.UseHttps(https =>
            {
                Secure(https, HubListener.Agents, certificates);
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (certificate, _, _) =>
                    clients.Read(certificate) is { } read && !revocations.IsRevoked(read.Identity.ClusterId);
            });
        });
    }

    private static void Secure(HttpsConnectionAdapterOptions https, HubListener listener, ServerCertificates certificates)
    {
        https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        https.HandshakeTimeout = TimeSpan.FromSeconds(15);
        https.ServerCertificateSelector = (_, name) => certificates.Select(listener, name);
    }

    private static void Mark(ListenOptions listen, HubListener listener, BoundListeners bound)
    {
        bound.Set(listener, listen);
        var feature = new ListenerFeature(listener);
        listen.Use(next => connection =>
        {
            connection.Features.Set(feature);
            return next(connection);
        });
    }
}
