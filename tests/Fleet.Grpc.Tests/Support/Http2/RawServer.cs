using System.Net;
using System.Net.Sockets;
using Grpc.Net.Client;

namespace Grpc.Tests.Support.Http2;

/// <summary>Listens for connections that a test then serves by hand.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    internal const short MaxConcurrentStreams = 0x3;
    internal const short InitialWindowSize = 0x4;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<IAsyncDisposable> _owned = [];

    internal RawServer() => _listener.Start();

    internal Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Whether a connection waits to be accepted.</summary>
    internal bool Pending => _listener.Pending();

    internal async Task<Http2Peer> AcceptAsync(params (short Id, int Value)[] settings)
    {
        var peer = await Http2Peer.AcceptAsync(_listener, settings);
        _owned.Add(peer);
        return peer;
    }

    internal GrpcChannel Channel(Action<GrpcChannelOptions>? configure = null)
    {
        var options = new GrpcChannelOptions();
        configure?.Invoke(options);
        var channel = GrpcChannel.ForAddress(Address, options);
        _owned.Add(new Owned(channel));
        return channel;
    }

    internal Echo.EchoClient Client(Action<GrpcChannelOptions>? configure = null) => new(Channel(configure));

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        foreach (var owned in _owned)
        {
            await owned.DisposeAsync();
        }
    }

    private sealed class Owned(IDisposable inner) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            inner.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
