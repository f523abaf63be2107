using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Fleet.Testing.Postgres;

/// <summary>A real PostgreSQL for tests, from the installed binaries: its own data, a free loopback port, nothing left behind.</summary>
public sealed partial class PostgresServer : IAsyncDisposable
{
    private const string Prefix = "fleet-pg-";
    private static readonly Lazy<Task<PostgresServer>> Shared = new(StartSharedAsync);
    private readonly PostgresBinaries _binaries;
    private readonly string _folder;
    private Process _process;
    private bool _isShared;
    private int _databases;

    private PostgresServer(PostgresBinaries binaries, string folder, Process process, int port)
    {
        (_binaries, _folder, _process) = (binaries, folder, process);
        Port = port;
    }

    public int Port { get; }

    /// <summary>The one server of this test run; it ends with the process.</summary>
    public static Task<PostgresServer> SharedAsync() => Shared.Value;

    public static async Task<PostgresServer> StartAsync()
    {
        var binaries = await PostgresBinaries.FindAsync();
        StopAbandoned(binaries);
        for (var attempt = 1; ; attempt++)
        {
            var folder = Path.Combine(Path.GetTempPath(), $"{Prefix}{Environment.ProcessId}-{Guid.NewGuid():N}");
            Directory.CreateDirectory(folder);
            try
            {
                return await StartAsync(binaries, folder);
            }
            catch when (attempt < 3)
            {
                // Someone took the port between finding it free and binding it.
            }
        }
    }

    /// <summary>Makes an empty database and gives its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"fleet_{Interlocked.Increment(ref _databases).ToString(CultureInfo.InvariantCulture)}";
        await ExecuteAsync("postgres", $"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
        return $"Host=127.0.0.1;Port={Port};Database={name};Username=postgres;Include Error Detail=true";
    }

    /// <summary>Runs one statement through psql and gives what it prints.</summary>
    public async Task<string> ExecuteAsync(string database, string sql)
    {
        var binaries = await PostgresBinaries.FindAsync();
        return await binaries.RunAsync(
            "psql", asPostgres: false, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", "-d", database, "-c", sql);
    }

    public async ValueTask DisposeAsync() => await Task.Run(Stop);

    private static async Task<PostgresServer> StartSharedAsync()
    {
        // Not stopped by us: it ends with this process, however that ends.
        var server = await StartAsync();
        server._isShared = true;
        return server;
    }

    private static async Task<PostgresServer> StartAsync(PostgresBinaries binaries, string folder)
    {
        await binaries.OwnAsync(folder);
        var data = Path.Combine(folder, "data");
        await binaries.RunAsync("initdb", asPostgres: true, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
        var port = FreePort();
        return new(binaries, folder, await LaunchAsync(binaries, folder, port), port);
    }

    private static async Task<Process> LaunchAsync(PostgresBinaries binaries, string folder, int port)
    {
        var data = Path.Combine(folder, "data");

        // Durability is what these tests can do without; everything else is as in production.
        var process = binaries.StartBound(
            folder, "postgres", "-D", data, "-p", port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={folder}",
            "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=300", "-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB", "-c", "logging_collector=off");
        var log = new BoundedLog(process);
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            if (process.HasExited || log.Contains("FATAL:") || deadline.Elapsed > TimeSpan.FromSeconds(60))
            {
                End(process);
                throw new InvalidOperationException($"PostgreSQL did not start: {log}");
            }

            if (await CanConnectAsync(port) && log.Contains("ready to accept connections"))
            {
                return process;
            }

            await Task.Delay(50);
        }
    }

    private void Stop()
    {
        if (!IsRunning)
        {
            Directory.Delete(_folder, recursive: true);
            return;
        }

        End(_process);
        _process.Dispose();
    }

    private static void End(Process process)
    {
        process.StandardInput.Close();
        process.WaitForExit(20_000);
    }

    /// <summary>Ends servers whose guard was killed too: each folder names the test run that it belonged to.</summary>
    private static void StopAbandoned(PostgresBinaries binaries)
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), Prefix + "*"))
        {
            var owner = Path.GetFileName(folder)[Prefix.Length..].Split('-')[0];
            if (!int.TryParse(owner, CultureInfo.InvariantCulture, out var id) || Directory.Exists($"/proc/{id}"))
            {
                continue;
            }

            try
            {
                binaries.RunAsync("pg_ctl", asPostgres: true, "-D", Path.Combine(folder, "data"), "-m", "immediate", "stop").GetAwaiter().GetResult();
            }
            catch (InvalidOperationException)
            {
                // It does not run any more.
            }

            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
            }
        }
    }

    private static async Task<bool> CanConnectAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
