using Grpc.Net.Client.Connecting;

namespace Grpc.Net.Client;

/// <summary>Chooses what a channel sends its requests through.</summary>
internal static class ChannelTransport
{
    internal static (HttpMessageInvoker Http, bool Owned) Create(GrpcChannelOptions options)
    {
        if (options.HttpClient is { } client)
        {
            if (options.HttpHandler is not null)
            {
                throw new ArgumentException("HttpClient and HttpHandler are both set on the channel: set one of them.", nameof(options));
            }

            return client.Timeout == Timeout.InfiniteTimeSpan
                ? (client, options.DisposeHttpClient)
                : throw new ArgumentException("The HttpClient's Timeout would end long streams: set it to Timeout.InfiniteTimeSpan.", nameof(options));
        }

        var handler = options.HttpHandler ?? DefaultHandler();
        if (handler is SocketsHttpHandler sockets)
        {
            Prepare(sockets);
        }

        return (new HttpMessageInvoker(handler, options.HttpHandler is null || options.DisposeHttpClient), true);
    }

    private static void Prepare(SocketsHttpHandler handler)
    {
        try
        {
            SettingsFirst.Install(handler);
        }
        catch (InvalidOperationException)
        {
            // In use already, by another channel: it is as that one left it.
        }
    }

    private static SocketsHttpHandler DefaultHandler() => new()
    {
        // A second connection opens when the first has as many streams as the server allows; else calls would queue.
        EnableMultipleHttp2Connections = true,
        AllowAutoRedirect = false,
        UseCookies = false,
    };
}
