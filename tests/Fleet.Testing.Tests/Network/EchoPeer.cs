using System.Net;
using System.Net.Sockets;

namespace Fleet.Testing.Tests.Network;

/// <summary>A server that sends back what it gets, and remembers how much that was.</summary>
internal sealed class EchoPeer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _serving;
    private long _received;

    public EchoPeer()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public long Received => Volatile.Read(ref _received);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _ = EchoAsync(await _listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task EchoAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var bytes = new byte[4096];
                while (await client.GetStream().ReadAsync(bytes) is > 0 and var count)
                {
                    Interlocked.Add(ref _received, count);
                    await client.GetStream().WriteAsync(bytes.AsMemory(0, count));
                }
            }
            catch (IOException)
            {
            }
        }
    }
}
