using System.Buffers.Binary;
using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Tests.Support;

/// <summary>The other side without our layer: plain HTTP/2 requests, and an HTTP/2 server that answers whatever a test wants.</summary>
internal static class RawPeer
{
    internal static byte[] Frame(IMessage message, byte flag = 0) => Frame(message.ToByteArray(), flag);

    internal static byte[] Frame(byte[] payload, byte flag = 0)
    {
        var frame = new byte[payload.Length + 5];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)payload.Length);
        payload.CopyTo(frame, 5);
        return frame;
    }

    internal static HttpRequestMessage Request(Uri server, string method, HttpContent content, bool te = true)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, $"/fleet.grpc.tests.Echo/{method}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        if (te)
        {
            request.Headers.TryAddWithoutValidation("te", "trailers");
        }

        return request;
    }

    /// <summary>grpc-status, wherever it stands, and grpc-message.</summary>
    internal static async Task<(string? Status, string? Message, byte[] Body)> SendAsync(HttpRequestMessage request)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        using var response = await http.SendAsync(request, CancellationToken.None).WaitAsync(Patience.Limit);
        var body = await response.Content.ReadAsByteArrayAsync().WaitAsync(Patience.Limit);
        return (Find("grpc-status"), Find("grpc-message"), body);

        string? Find(string name) =>
            response.Headers.TryGetValues(name, out var head) ? string.Join('|', head)
            : response.TrailingHeaders.TryGetValues(name, out var trail) ? string.Join('|', trail)
            : null;
    }

    internal static async Task<WebApplication> ServeAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return app;
    }
}
