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

        return options.HttpHandler is { } handler
            ? (new HttpMessageInvoker(handler, options.DisposeHttpClient), true)
            : (new HttpMessageInvoker(DefaultHandler()), true);
    }

    private static SocketsHttpHandler DefaultHandler() => new()
    {
        // A second connection opens when the first has as many streams as the server allows; else calls would queue.
        EnableMultipleHttp2Connections = true,
        AllowAutoRedirect = false,
        UseCookies = false,
    };
}
