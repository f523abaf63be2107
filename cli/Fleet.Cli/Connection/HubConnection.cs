using Fleet.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Fleet.Cli.Connection;

/// <summary>An authenticated channel to one hub.</summary>
internal sealed class HubConnection : IDisposable
{
    private readonly GrpcChannel channel;
    private readonly HubSettings settings;

    private HubConnection(GrpcChannel channel, HubSettings settings)
    {
        this.channel = channel;
        this.settings = settings;
        Api = new FleetApi.FleetApiClient(channel);
    }

    public FleetApi.FleetApiClient Api { get; }

    public Uri Hub => settings.Hub;

    public static HubConnection Open(HubSettings settings)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingDelay = TimeSpan.FromSeconds(20),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            EnableMultipleHttp2Connections = true,
        };
        if (HubTrust.ByCa(settings.CaPem) is { } trust)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = trust;
        }

        var channel = GrpcChannel.ForAddress(settings.Hub, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = 64 * 1024 * 1024,
        });
        return new HubConnection(channel, settings);
    }

    /// <summary>Options of one bounded call.</summary>
    public CallOptions Call(CancellationToken cancellationToken, TimeSpan? timeout = null) =>
        new(Headers(), TimeProvider.System.GetUtcNow().UtcDateTime + (timeout ?? settings.Timeout), cancellationToken);

    /// <summary>Options of a stream that lives as long as it is read.</summary>
    public CallOptions Stream(CancellationToken cancellationToken) => new(Headers(), cancellationToken: cancellationToken);

    public void Dispose() => channel.Dispose();

    private Metadata Headers()
    {
        var headers = new Metadata();
        if (settings.Key is { Length: > 0 } key)
        {
            headers.Add("authorization", "Bearer " + key);
        }

        return headers;
    }
}
