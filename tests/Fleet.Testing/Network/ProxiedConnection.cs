using System.Net.Sockets;

namespace Fleet.Testing.Network;

/// <summary>One connection through a <see cref="TcpProxy"/>; each fault can be set for it alone.</summary>
public sealed class ProxiedConnection
{
    private readonly TcpProxy _proxy;
    private readonly Socket _client;
    private readonly Socket _server;
    private readonly Lane _toServer;
    private readonly Lane _toClient;
    private readonly CancellationTokenSource _end = new();
    private int _cut;

    internal ProxiedConnection(TcpProxy proxy, int number, Socket client, Socket server)
    {
        (_proxy, Number, _client, _server) = (proxy, number, client, server);
        _toServer = new(client, server, Direction.ToServer, this);
        _toClient = new(server, client, Direction.ToClient, this);
    }

    /// <summary>Its place in the order of arrival, from 1.</summary>
    public int Number { get; }

    public long BytesToServer => _toServer.Forwarded;

    public long BytesToClient => _toClient.Forwarded;

    /// <summary>Whether either side may still send.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>Ends it for both sides, at once.</summary>
    public void Cut(CutKind kind = CutKind.Reset)
    {
        if (Interlocked.Exchange(ref _cut, 1) == 0)
        {
            _proxy.CountCut();
            Close(kind);
        }
    }

    /// <summary>Ends it when so many more bytes have gone by.</summary>
    public void CutAfter(long bytes, Direction direction = Direction.ToClient, CutKind kind = CutKind.Reset)
    {
        foreach (var lane in Lanes(direction))
        {
            lane.Change(f => f with { CutAfter = lane.Forwarded + bytes, CutKind = kind });
        }
    }

    /// <summary>Nothing is read any more: the sender's window fills.</summary>
    public void Stall(Direction direction = Direction.Both) => Change(direction, f => f with { Stalled = true });

    /// <summary>All is read and nothing forwarded, the end of the connection neither.</summary>
    public void BlackHole(Direction direction = Direction.Both) => Change(direction, f => f with { Swallows = true });

    public void Slow(int bytesPerSecond, Direction direction = Direction.Both) => Change(direction, f => f with { BytesPerSecond = bytesPerSecond });

    /// <summary>Each byte arrives so much later; how many go by in a second stays.</summary>
    public void Delay(TimeSpan by, Direction direction = Direction.Both) => Change(direction, f => f with { Delay = by });

    /// <summary>Takes back all faults; what was held goes on.</summary>
    public void Heal() => Change(Direction.Both, _ => LaneFaults.None);

    internal void Change(Direction direction, Func<LaneFaults, LaneFaults> change)
    {
        foreach (var lane in Lanes(direction))
        {
            lane.Change(change);
        }
    }

    internal void Tap(Direction direction, ReadOnlyMemory<byte> bytes) => _proxy.OnBytes?.Invoke(this, direction, bytes);

    internal void Moved() => _proxy.SignalChange();

    internal async Task RunAsync()
    {
        try
        {
            await Task.WhenAll(_toServer.RunAsync(_end.Token), _toClient.RunAsync(_end.Token));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side broke off; so does the other.
        }
        finally
        {
            Close(CutKind.Reset);
        }
    }

    internal void Close(CutKind kind)
    {
        lock (_end)
        {
            if (!IsOpen)
            {
                return;
            }

            IsOpen = false;
        }

        _end.Cancel();
        foreach (var socket in (Socket[])[_client, _server])
        {
            try
            {
                if (kind == CutKind.Reset)
                {
                    // Closed without lingering: the kernel sends RST. A socket that was shut down both ways already sends nothing.
                    socket.LingerState = new(true, 0);
                }
                else
                {
                    // Unread bytes would make the kernel send RST instead of FIN.
                    socket.Shutdown(SocketShutdown.Send);
                    Drain(socket);
                }
            }
            catch (SocketException)
            {
            }

            socket.Dispose();
        }
    }

    private static void Drain(Socket socket)
    {
        Span<byte> rest = stackalloc byte[1024];
        while (socket.Available > 0 && socket.Receive(rest) > 0)
        {
        }
    }

    private IEnumerable<Lane> Lanes(Direction direction)
    {
        if (direction.HasFlag(Direction.ToServer))
        {
            yield return _toServer;
        }

        if (direction.HasFlag(Direction.ToClient))
        {
            yield return _toClient;
        }
    }
}
