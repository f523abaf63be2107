using System.Net;
using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Fleet.KubeSim.Hosting;

/// <summary>The HTTPS listener of one cluster: stopping it closes the port and every connection, as a dead API server does.</summary>
internal sealed class ClusterListener : IAsyncDisposable
{
    private static readonly TimeSpan ShutdownLimit = TimeSpan.FromMilliseconds(200);
    private readonly WebApplication _application;

    private ClusterListener(WebApplication application, int port)
    {
        _application = application;
        Port = port;
    }

    public int Port { get; }

    public static async Task<ClusterListener> StartAsync(ClusterCertificates certificates, int port, RequestDelegate handler, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(o => o.ShutdownTimeout = ShutdownLimit);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // Slow readers and idle watches are the clients' own affair here, and faults on purpose must not be cut short.
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificate = certificates.Server,
                SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ClientCertificateMode = ClientCertificateMode.AllowCertificate,
                ClientCertificateValidation = (certificate, _, _) => certificates.Trusts(certificate),
            }));
        });
        var application = builder.Build();
        application.Run(handler);
        await application.StartAsync(cancellationToken);
        return new ClusterListener(application, new Uri(application.Urls.First()).Port);
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(ShutdownLimit);
        try
        {
            await _application.StopAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // Open watches do not end by themselves; disposing cuts them.
        }

        await _application.DisposeAsync();
    }
}
