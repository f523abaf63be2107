using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Fleet.Testing.Network;

/// <summary>
/// A loopback TCP proxy that spoils connections: all of them, those to come too, or one of <see cref="Connections"/>.
/// Every fault can be set and taken back at any time.
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly EndPoint _upstream;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<int, ProxiedConnection> _connections = new();
    private readonly ConcurrentDictionary<int, Task> _running = new();
    private readonly Lock _gate = new();
    private readonly List<(Direction Direction, Func<LaneFaults, LaneFaults> Change)> _forAll = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;
    private int _accepted;
    private int _cuts;

    private TcpProxy(EndPoint upstream)
    {
        _upstream = upstream;
        Listen(0);
    }

    /// <summary>Sees all bytes before they are forwarded: where a test kills a program in the midst of a message.</summary>
    public Action<ProxiedConnection, Direction, ReadOnlyMemory<byte>>? OnBytes { get; set; }

    public int Port { get; private set; }

    /// <summary>How many connections were accepted so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>How many connections were cut so far.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>The open connections, in order of arrival.</summary>
    public IReadOnlyList<ProxiedConnection> Connections => [.. _connections.Values.Where(c => c.IsOpen).OrderBy(c => c.Number)];

    /// <summary>Of open and ended connections.</summary>
    public long BytesToServer => _connections.Values.Sum(c => c.BytesToServer);

    /// <inheritdoc cref="BytesToServer"/>
    public long BytesToClient => _connections.Values.Sum(c => c.BytesToClient);

    public static TcpProxy Start(int port) => new(new IPEndPoint(IPAddress.Loopback, port));

    /// <summary>Stands before a URL; <see cref="Through"/> gives the one to use instead.</summary>
    public static TcpProxy Start(Uri upstream) => new(upstream.IsLoopback ? new IPEndPoint(IPAddress.Loopback, upstream.Port) : new DnsEndPoint(upstream.Host, upstream.Port));

    /// <summary>The same URL through the proxy.</summary>
    public Uri Through(Uri address) => new UriBuilder(address) { Port = Port }.Uri;

    /// <summary>New connections are refused; open ones go on.</summary>
    public void Refuse()
    {
        Interlocked.Exchange(ref _listener, null)?.Dispose();
    }

    /// <summary>Ends all open connections now; new ones are let through.</summary>
    public void Cut(CutKind kind = CutKind.Reset)
    {
        foreach (var connection in Connections)
        {
            connection.Cut(kind);
        }
    }

    /// <summary>Ends each connection, those to come too, when so many more bytes of it have gone by.</summary>
    public void CutAfter(long bytes, Direction direction = Direction.ToClient, CutKind kind = CutKind.Reset)
    {
        lock (_gate)
        {
            _forAll.Add((direction, f => f with { CutAfter = bytes, CutKind = kind }));
        }

        foreach (var connection in Connections)
        {
            connection.CutAfter(bytes, direction, kind);
        }
    }

    /// <inheritdoc cref="ProxiedConnection.Stall"/>
    public void Stall(Direction direction = Direction.Both) => ForAll(direction, f => f with { Stalled = true });

    /// <inheritdoc cref="ProxiedConnection.BlackHole"/>
    public void BlackHole(Direction direction = Direction.Both) => ForAll(direction, f => f with { Swallows = true });

    public void Slow(int bytesPerSecond, Direction direction = Direction.Both) => ForAll(direction, f => f with { BytesPerSecond = bytesPerSecond });

    /// <inheritdoc cref="ProxiedConnection.Delay"/>
    public void Delay(TimeSpan by, Direction direction = Direction.Both) => ForAll(direction, f => f with { Delay = by });

    /// <summary>Takes back all faults, a refusal too: same port. What was cut or swallowed stays lost.</summary>
    public void Heal()
    {
        lock (_gate)
        {
            _forAll.Clear();
        }

        foreach (var connection in Connections)
        {
            connection.Heal();
        }

        if (_listener is null)
        {
            Listen(Port);
        }
    }

    /// <summary>Waits until so many connections were accepted in all.</summary>
    public Task WaitForConnectionsAsync(int count) => UntilAsync(() => Accepted >= count, () => $"{Accepted} of {count} connections came");

    /// <summary>Waits until something holds of the proxy's counts.</summary>
    public Task UntilAsync(Func<TcpProxy, bool> condition) =>
        UntilAsync(() => condition(this), () => $"{Accepted} connections, {Connections.Count} open, {BytesToServer} bytes to the server and {BytesToClient} to the client");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Refuse();
        await _accepting;
        foreach (var connection in _connections.Values)
        {
            connection.Close(CutKind.Reset);
        }

        await Task.WhenAll(_running.Values);
    }

    internal void CountCut()
    {
        Interlocked.Increment(ref _cuts);
        SignalChange();
    }

    internal void SignalChange()
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            (changed, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
    }

    private void ForAll(Direction direction, Func<LaneFaults, LaneFaults> change)
    {
        lock (_gate)
        {
            _forAll.Add((direction, change));
        }

        foreach (var connection in Connections)
        {
            connection.Change(direction, change);
        }
    }

    private void Listen(int port)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(512);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        _listener = listener;
        _accepting = AcceptAsync(listener);
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                var client = await listener.AcceptAsync(_stop.Token);
                var number = Interlocked.Increment(ref _accepted);
                _running[number] = ConnectAsync(number, client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Refused from now on, or the end.
        }
    }

    private async Task ConnectAsync(int number, Socket client)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        try
        {
            await server.ConnectAsync(_upstream, _stop.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Nobody there behind us: the nearest thing to a refusal that is left.
            client.LingerState = new(true, 0);
            client.Dispose();
            server.Dispose();
            SignalChange();
            return;
        }

        var connection = new ProxiedConnection(this, number, client, server);
        lock (_gate)
        {
            foreach (var (direction, change) in _forAll)
            {
                connection.Change(direction, change);
            }

            _connections[number] = connection;
        }

        SignalChange();
        await connection.RunAsync();
        SignalChange();
    }

    private async Task UntilAsync(Func<bool> condition, Func<string> state)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                changed = _changed.Task;
            }

            if (condition())
            {
                return;
            }

            try
            {
                await changed.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"After {Patience.TotalSeconds} s: {state()}.");
            }
        }
    }
}
