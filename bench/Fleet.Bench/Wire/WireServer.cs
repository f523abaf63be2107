using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Bench.Wire;

/// <summary>One Kestrel, HTTP/2 without TLS, with the echo twice: by gRPC, and as plain endpoints that know nothing of messages.</summary>
internal sealed class WireServer(WebApplication app) : IAsyncDisposable
{
    public const string PlainUnary = "/plain/unary";
    public const string PlainBoth = "/plain/both";

    public Uri Address => new(app.Urls.First());

    public static async Task<WireServer> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<EchoService>();
        var app = builder.Build();
        app.MapGrpcService<EchoService>();
        app.MapPost(PlainUnary, EchoAsync);
        app.MapPost(PlainBoth, EchoAsync);
        await app.StartAsync(cancellationToken);
        return new WireServer(app);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private static async Task EchoAsync(HttpContext http)
    {
        var (reader, writer) = (http.Request.BodyReader, http.Response.BodyWriter);
        http.Response.ContentType = "application/octet-stream";
        if (http.Request.Path == PlainBoth)
        {
            await writer.FlushAsync(http.RequestAborted);
        }

        while (true)
        {
            var read = await reader.ReadAsync(http.RequestAborted);
            foreach (var part in read.Buffer)
            {
                writer.Write(part.Span);
            }

            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }

            await writer.FlushAsync(http.RequestAborted);
        }
    }
}
