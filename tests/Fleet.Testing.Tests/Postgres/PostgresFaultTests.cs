using System.Net.Sockets;
using Fleet.Testing.Postgres;

namespace Fleet.Testing.Tests.Postgres;

public sealed class PostgresFaultTests
{
    [Fact]
    public async Task StoppedThenKilled_EachTimeBackOnTheSamePort_NothingCommittedIsLost()
    {
        await using var server = await PostgresServer.StartAsync();
        var port = server.Port;
        await server.ExecuteAsync("postgres", "CREATE TABLE t (n int); INSERT INTO t VALUES (1)");
        await server.StopAsync();
        Assert.False(server.IsRunning);
        using (var client = new TcpClient())
        {
            await Assert.ThrowsAsync<SocketException>(() => client.ConnectAsync("127.0.0.1", port));
        }

        await server.RestartAsync();
        await server.ExecuteAsync("postgres", "INSERT INTO t VALUES (2)");
        await server.KillAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => server.ExecuteAsync("postgres", "SELECT 1"));
        await server.RestartAsync();
        Assert.Equal((port, "2"), (server.Port, await server.ExecuteAsync("postgres", "SELECT count(*) FROM t")));
    }

    [Fact]
    public async Task Paused_AQuery_IsNotAnsweredUntilItResumes()
    {
        await using var server = await PostgresServer.StartAsync();
        server.Pause();
        var query = server.ExecuteAsync("postgres", "SELECT 7");
        await Assert.ThrowsAsync<TimeoutException>(() => query.WaitAsync(TimeSpan.FromMilliseconds(300)));
        server.Resume();
        Assert.Equal("7", await query.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Disposed_WhilePausedOrStopped_LeavesNothingBehind()
    {
        var before = Folders();
        var paused = await PostgresServer.StartAsync();
        var stopped = await PostgresServer.StartAsync();
        paused.Pause();
        await stopped.StopAsync();
        await paused.DisposeAsync();
        await stopped.DisposeAsync();
        Assert.Empty(Folders().Except(before));
    }

    [Fact]
    public async Task SharedServer_AnyFault_IsRefused()
    {
        var server = await PostgresServer.SharedAsync();
        Assert.Throws<InvalidOperationException>(server.Pause);
        await Assert.ThrowsAsync<InvalidOperationException>(server.KillAsync);
    }

    private static string[] Folders() => Directory.GetDirectories(Path.GetTempPath(), $"fleet-pg-{Environment.ProcessId}-*");
}
