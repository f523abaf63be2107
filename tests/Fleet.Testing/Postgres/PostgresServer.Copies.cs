using System.Globalization;
using Fleet.Testing.Programs;

namespace Fleet.Testing.Postgres;

// Copies of the data: what a backup, and a standby that lags behind, have of it.
public sealed partial class PostgresServer
{
    private string Data => Path.Combine(_folder, "data");

    private string Copy => Path.Combine(_folder, "copy");

    /// <summary>Keeps the data as they are now. The server is stopped for it, and runs again afterwards.</summary>
    public async Task KeepCopyAsync()
    {
        await StopAsync();
        await ReplaceAsync(Data, Copy);
        await RestartAsync();
    }

    /// <summary>The data are those of the copy again, on the same timeline, as after an operator's careless restore of files.</summary>
    public async Task RestoreCopyAsync()
    {
        if (IsRunning)
        {
            await StopAsync();
        }

        await ReplaceAsync(Copy, Data);
        await RestartAsync();
    }

    /// <summary>Fails over to a standby that had got no further than the copy: what was committed since is lost, and a new timeline begins.</summary>
    public async Task FailOverToCopyAsync()
    {
        if (IsRunning)
        {
            await KillAsync();
        }

        await ReplaceAsync(Copy, Data);

        // Recovery to the end of what is there, and then on a timeline of its own: what a promotion is.
        var signal = Path.Combine(Data, "recovery.signal");
        await File.WriteAllTextAsync(signal, "");
        await _binaries.OwnAsync(signal);
        await File.AppendAllTextAsync(Path.Combine(Data, "postgresql.auto.conf"), "restore_command = '/bin/false'\n");
        await RestartAsync();
        var timeline = (await ExecuteAsync("postgres", "SELECT substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)")).Trim();
        if (int.Parse(timeline, NumberStyles.HexNumber, CultureInfo.InvariantCulture) < 2)
        {
            throw new InvalidOperationException($"The promoted standby is still on timeline {timeline}.");
        }
    }

    private static async Task ReplaceAsync(string from, string to)
    {
        if (Directory.Exists(to))
        {
            Directory.Delete(to, recursive: true);
        }

        // With owner and modes, which PostgreSQL checks.
        await using var copy = await ChildProgram.StartAsync("cp", "-a", from, to);
        if (await copy.ExitAsync() != 0)
        {
            throw new InvalidOperationException($"cp -a {from} {to} failed: {copy.Output}");
        }
    }
}
