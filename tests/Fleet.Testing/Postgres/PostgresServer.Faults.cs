using System.Globalization;
using Fleet.Testing.Programs;

namespace Fleet.Testing.Postgres;

// What can happen to a database: it stops, is killed, hangs, and comes back on the same port with the same data.
public sealed partial class PostgresServer
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Whether it takes connections and answers them.</summary>
    public bool IsRunning { get; private set; } = true;

    /// <summary>An orderly stop: sessions are ended, new ones refused.</summary>
    public Task StopAsync() => EndAsync(server => Signals.Send(server, Signals.Interrupt));

    /// <summary>kill −9 of the server and all its sessions; what was committed is recovered at the next start.</summary>
    public Task KillAsync() => EndAsync(server =>
    {
        // Each by itself: sessions notice their server's death only when they next wait, and would hold its memory until then.
        foreach (var process in (int[])[server, .. Signals.Children(server)])
        {
            Signals.Send(process, Signals.Kill);
        }
    });

    /// <summary>Starts it again after <see cref="StopAsync"/> or <see cref="KillAsync"/>.</summary>
    public async Task RestartAsync()
    {
        if (!IsRunning)
        {
            _process = await LaunchAsync(_binaries, _folder, Port);
            IsRunning = true;
        }
    }

    /// <summary>It hangs: connections stay open, the kernel takes new ones, and nothing is answered.</summary>
    public void Pause() => SignalAll(Signals.Stop);

    /// <summary>Ends <see cref="Pause"/>.</summary>
    public void Resume() => SignalAll(Signals.Continue);

    /// <summary>Ends all sessions but leaves the server up, as a failover or an administrator does.</summary>
    public Task DisconnectAllAsync() => ExecuteAsync("postgres", "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");

    private void SignalAll(int signal)
    {
        var server = OwnServer();
        foreach (var process in (int[])[server, .. Signals.Children(server)])
        {
            Signals.Send(process, signal);
        }
    }

    private async Task EndAsync(Action<int> signal)
    {
        var server = OwnServer();
        int[] all = [server, .. Signals.Children(server)];
        signal(server);
        using var limit = new CancellationTokenSource(Patience);
        while (all.Any(Signals.IsAlive))
        {
            await Task.Delay(10, limit.Token);
        }

        await _process.StandardInput.WriteLineAsync("retire".AsMemory(), limit.Token);
        await _process.WaitForExitAsync(limit.Token);
        _process.Dispose();
        IsRunning = false;
    }

    private int OwnServer() => _isShared ? throw new InvalidOperationException("Other tests use the shared server: start one of your own with PostgresServer.StartAsync().")
        : !IsRunning ? throw new InvalidOperationException("The server does not run.")
        : int.Parse(File.ReadLines(Path.Combine(_folder, "data", "postmaster.pid")).First(), CultureInfo.InvariantCulture);
}
