using System.Diagnostics;
using System.Globalization;

namespace Fleet.Testing.Postgres;

/// <summary>The installed PostgreSQL; installed with apt when it is missing and we are root.</summary>
internal sealed class PostgresBinaries
{
    private const string Root = "/usr/lib/postgresql";
    private static readonly Lazy<Task<PostgresBinaries>> Found = new(LocateAsync);
    private readonly string _folder;

    private PostgresBinaries(string folder) => _folder = folder;

    public static Task<PostgresBinaries> FindAsync() => Found.Value;

    /// <summary>Gives a folder to the user that the server runs as.</summary>
    public Task OwnAsync(string folder) => Environment.IsPrivilegedProcess ? RunProgramAsync("chown", ["postgres:postgres", folder]) : Task.CompletedTask;

    public Task<string> RunAsync(string program, bool asPostgres, params string[] arguments)
    {
        var (file, all) = Command(program, asPostgres, arguments);
        return RunProgramAsync(file, all);
    }

    /// <summary>
    /// Starts a server that lives as long as we do. Test hosts are killed without notice, so a guard waits for the end of
    /// its standard input, which is our end too; then it stops the server by the id that it started, and deletes the folder.
    /// The word "retire" ends a guard whose server is gone already, and leaves the folder to its successor.
    /// </summary>
    public Process StartBound(string folder, string program, params string[] arguments)
    {
        const string Guard = """
            trap '' INT TERM HUP
            folder=$1; shift
            "$@" & server=$!
            read -r word
            [ "$word" != retire ] || exit 0
            kill -CONT "$server" $(cat "/proc/$server/task/$server/children") 2>/dev/null
            kill -INT "$server" 2>/dev/null
            wait "$server" 2>/dev/null
            rm -rf -- "$folder"
            """;
        var (file, all) = Command(program, asPostgres: true, arguments);
        return Launch("/bin/sh", ["-c", Guard, "guard", folder, file, .. all], keepInput: true);
    }

    // initdb and postgres refuse root. setpriv replaces itself by the program, so the process id is the program's own.
    private (string File, string[] Arguments) Command(string program, bool asPostgres, string[] arguments)
    {
        var file = Path.Combine(_folder, program);
        return asPostgres && Environment.IsPrivilegedProcess
            ? ("setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", file, .. arguments])
            : (file, arguments);
    }

    private static async Task<PostgresBinaries> LocateAsync()
    {
        if (Newest() is null && Environment.IsPrivilegedProcess)
        {
            await RunProgramAsync("apt-get", ["update", "-q"]);
            await RunProgramAsync("apt-get", ["install", "-y", "-q", "--no-install-recommends", "postgresql"]);
        }

        return new(Newest() ?? throw new InvalidOperationException("PostgreSQL is not installed. Run: sudo apt-get install postgresql"));
    }

    private static string? Newest() => !Directory.Exists(Root) ? null : Directory.EnumerateDirectories(Root)
        .OrderByDescending(folder => double.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) ? version : 0)
        .Select(folder => Path.Combine(folder, "bin"))
        .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")));

    private static async Task<string> RunProgramAsync(string file, string[] arguments)
    {
        using var process = Launch(file, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode == 0
            ? (await output).Trim()
            : throw new InvalidOperationException($"{Path.GetFileName(file)} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await error}");
    }

    private static Process Launch(string file, IEnumerable<string> arguments, bool keepInput = false)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = "/",
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start.");
        if (!keepInput)
        {
            process.StandardInput.Close();
        }

        return process;
    }
}
