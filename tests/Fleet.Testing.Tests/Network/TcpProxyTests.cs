using System.Diagnostics;
using System.Net.Sockets;
using Fleet.Testing.Network;

namespace Fleet.Testing.Tests.Network;

public sealed class TcpProxyTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(300);
    private readonly EchoPeer _peer = new();
    private readonly List<TcpClient> _clients = [];
    private TcpProxy _proxy = null!;

    public Task InitializeAsync()
    {
        _proxy = TcpProxy.Start(_peer.Port);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _clients.ForEach(c => c.Dispose());
        await _proxy.DisposeAsync();
        await _peer.DisposeAsync();
    }

    [Fact]
    public async Task NoFault_BytesBothWays_ArriveAndAreCounted()
    {
        var stream = await ConnectAsync();
        Assert.Equal("hello", await AskAsync(stream, "hello"));
        Assert.Equal((1, 1, 5L, 5L, 0), (_proxy.Accepted, _proxy.Connections.Count, _proxy.BytesToServer, _proxy.BytesToClient, _proxy.Cuts));
    }

    [Fact]
    public async Task ClientEndsInOrder_TheServersEndComesBack()
    {
        var stream = await ConnectAsync();
        await AskAsync(stream, "a");
        stream.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Soon));
        await _proxy.UntilAsync(p => p.Connections.Count == 0);
    }

    [Theory]
    [InlineData(CutKind.Reset)]
    [InlineData(CutKind.Finish)]
    public async Task Cut_LiveConnection_EndsAsTheKindSays(CutKind kind)
    {
        var stream = await ConnectAsync();
        await AskAsync(stream, "a");
        _proxy.Cut(kind);
        if (kind == CutKind.Finish)
        {
            Assert.Equal(0, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Soon));
        }
        else
        {
            var e = await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Soon));
            Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(e.InnerException).SocketErrorCode);
        }

        Assert.Equal(1, _proxy.Cuts);
        Assert.Equal("b", await AskAsync(await ConnectAsync(), "b"));
    }

    [Fact]
    public async Task CutAfter_Bytes_ExactlySoManyArrive()
    {
        _proxy.CutAfter(10, Direction.ToClient, CutKind.Finish);
        var stream = await ConnectAsync();
        await stream.WriteAsync("0123456789abcdef"u8.ToArray());
        var all = new MemoryStream();
        await stream.CopyToAsync(all).WaitAsync(Soon);
        Assert.Equal("0123456789", System.Text.Encoding.ASCII.GetString(all.ToArray()));

        // Each connection counts for itself, and one that is open counts from now on.
        _proxy.Heal();
        stream = await ConnectAsync();
        await AskAsync(stream, "many bytes before");
        _proxy.Connections[0].CutAfter(3, Direction.ToServer);
        await stream.WriteAsync("12345"u8.ToArray());
        await Assert.ThrowsAsync<IOException>(() => ReadAllAsync(stream).WaitAsync(Soon));
        Assert.Equal("many bytes before123".Length, _proxy.BytesToServer - 16);
    }

    [Theory]
    [InlineData(Direction.ToServer, 0)]
    [InlineData(Direction.ToClient, 1)]
    public async Task Stall_OneDirection_HoldsItUntilHealed(Direction direction, int arrived)
    {
        var stream = await ConnectAsync();
        await AskAsync(stream, "a");
        _proxy.Stall(direction);
        await stream.WriteAsync("b"u8.ToArray());
        var answer = stream.ReadAsync(new byte[1]).AsTask();
        if (arrived == 1)
        {
            await _proxy.UntilAsync(p => p.BytesToServer == 2);
        }

        await Assert.ThrowsAsync<TimeoutException>(() => answer.WaitAsync(Silence));
        Assert.Equal(1 + arrived, _peer.Received);
        Assert.Single(_proxy.Connections);
        _proxy.Heal();
        Assert.Equal(1, await answer.WaitAsync(Soon));
    }

    [Fact]
    public async Task Stall_SenderThatGoesOn_IsHeldByItsOwnWindow()
    {
        var stream = await ConnectAsync();
        await AskAsync(stream, "a");
        _proxy.Stall();
        var chunk = new byte[1 << 20];
        var sent = Task.Run(async () =>
        {
            for (var i = 0; i < 256; i++)
            {
                await stream.WriteAsync(chunk);
            }
        });
        await Assert.ThrowsAsync<TimeoutException>(() => sent.WaitAsync(Silence));
        _proxy.Cut();
        await Assert.ThrowsAsync<IOException>(() => sent.WaitAsync(Soon));
    }

    [Fact]
    public async Task BlackHole_SenderThatGoesOn_BelievesThatAllIsWell()
    {
        var stream = await ConnectAsync();
        await AskAsync(stream, "a");
        _proxy.BlackHole(Direction.ToServer);
        for (var i = 0; i < 64; i++)
        {
            await stream.WriteAsync(new byte[1 << 20]).AsTask().WaitAsync(Soon);
        }

        stream.Socket.Shutdown(SocketShutdown.Send);
        await Assert.ThrowsAsync<TimeoutException>(() => stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Silence));
        Assert.Equal(1, _peer.Received);
    }

    [Fact]
    public async Task BlackHole_NewConnections_AreAcceptedAndNeverAnswered()
    {
        _proxy.BlackHole();
        var stream = await ConnectAsync();
        await stream.WriteAsync("a"u8.ToArray());
        await Assert.ThrowsAsync<TimeoutException>(() => stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Silence));
        Assert.Equal(0, _peer.Received);
    }

    [Fact]
    public async Task Slow_Bytes_TakeAtLeastTheirTime()
    {
        _proxy.Slow(1000, Direction.ToClient);
        var stream = await ConnectAsync();
        var clock = Stopwatch.StartNew();
        await stream.WriteAsync(new byte[500]);
        await stream.ReadExactlyAsync(new byte[500]).AsTask().WaitAsync(Soon);

        // At least: a floor holds on any machine. The last tenth goes out before its wait.
        Assert.True(clock.Elapsed >= TimeSpan.FromMilliseconds(390), $"{clock.Elapsed}");
    }

    [Fact]
    public async Task Delay_EachByte_ComesLaterButNotSlower()
    {
        _proxy.Delay(TimeSpan.FromMilliseconds(200), Direction.ToServer);
        var stream = await ConnectAsync();
        var clock = Stopwatch.StartNew();
        Assert.Equal("a", await AskAsync(stream, "a"));
        Assert.True(clock.Elapsed >= TimeSpan.FromMilliseconds(190), $"{clock.Elapsed}");
    }

    [Fact]
    public async Task Refuse_NewConnections_AreRefusedAndOpenOnesGoOn()
    {
        var stream = await ConnectAsync();
        await AskAsync(stream, "a");
        _proxy.Refuse();
        var refused = await Assert.ThrowsAsync<SocketException>(ConnectAsync);
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        Assert.Equal("b", await AskAsync(stream, "b"));
        _proxy.Heal();
        Assert.Equal("c", await AskAsync(await ConnectAsync(), "c"));
    }

    [Fact]
    public async Task FaultOfOneConnection_OtherConnections_KnowNothingOfIt()
    {
        var (first, second) = (await ConnectAsync(), await ConnectAsync());
        await AskAsync(first, "a");
        await AskAsync(second, "a");
        _proxy.Connections[0].Cut();
        await Assert.ThrowsAsync<IOException>(() => ReadAllAsync(first).WaitAsync(Soon));
        Assert.Equal("b", await AskAsync(second, "b"));
        Assert.Equal(2, Assert.Single(_proxy.Connections).Number);
    }

    [Fact]
    public async Task OnBytes_SeesAMessageBeforeItArrives()
    {
        var before = -1L;
        _proxy.OnBytes = (_, direction, bytes) =>
        {
            if (direction == Direction.ToServer && bytes.Span.IndexOf("COMMIT"u8) >= 0)
            {
                before = _peer.Received;
            }
        };
        await AskAsync(await ConnectAsync(), "COMMIT");
        Assert.Equal(0, before);
    }

    [Fact]
    public async Task NobodyBehind_Connection_IsResetAndHealsWithTheServer()
    {
        await _peer.DisposeAsync();
        var stream = await ConnectAsync();
        await Assert.ThrowsAsync<IOException>(() => ReadAllAsync(stream).WaitAsync(Soon));
    }

    private async Task<NetworkStream> ConnectAsync()
    {
        var client = new TcpClient();
        _clients.Add(client);
        var before = _proxy.Accepted;
        await client.ConnectAsync("127.0.0.1", _proxy.Port);
        await _proxy.WaitForConnectionsAsync(before + 1);
        return client.GetStream();
    }

    private static async Task<string> AskAsync(NetworkStream stream, string text)
    {
        var bytes = System.Text.Encoding.ASCII.GetBytes(text);
        await stream.WriteAsync(bytes);
        await stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(Soon);
        return System.Text.Encoding.ASCII.GetString(bytes);
    }

    private static async Task ReadAllAsync(NetworkStream stream)
    {
        while (await stream.ReadAsync(new byte[4096]) > 0)
        {
        }
    }
}
