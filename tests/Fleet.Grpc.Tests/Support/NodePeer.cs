using System.Collections.Concurrent;
using System.Diagnostics;

namespace Grpc.Tests.Support;

/// <summary>A node process with one of the scripts of interop/, whose lines a test can wait for.</summary>
internal sealed class NodePeer : IAsyncDisposable
{
    private static readonly TimeSpan s_installLimit = TimeSpan.FromMinutes(3);
    private static readonly SemaphoreSlim s_installing = new(1, 1);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentQueue<string> _errors = new();

    private NodePeer(Process process) => _process = process;

    internal IReadOnlyCollection<string> Lines => _lines;

    internal static async Task<NodePeer> StartAsync(string script, params string[] arguments)
    {
        var folder = Folder();
        await InstallAsync(folder);
        var peer = new NodePeer(Start(folder, "node", [script, .. arguments]));
        peer._process.OutputDataReceived += (_, line) => Keep(peer._lines, line.Data);
        peer._process.ErrorDataReceived += (_, line) => Keep(peer._errors, line.Data);
        peer._process.BeginOutputReadLine();
        peer._process.BeginErrorReadLine();
        return peer;
    }

    internal async Task<string> LineAsync(Func<string, bool> wanted)
    {
        string? found = null;
        await Patience.Until(
            () => (found = _lines.FirstOrDefault(wanted)) is not null || _process.HasExited,
            $"a line of node; it wrote: {string.Join('\n', _lines)} {string.Join('\n', _errors)}");
        return found ?? _lines.FirstOrDefault(wanted) ?? throw new InvalidOperationException($"node ended: {string.Join('\n', _errors)}");
    }

    internal async Task EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        // A second wait, as the first does not cover the last lines.
        _process.WaitForExit();
    }

    /// <summary>SIGSTOP: its connections stay open, and nobody is behind them.</summary>
    internal void Freeze()
    {
        using var kill = Process.Start("kill", ["-STOP", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>A line for its standard input.</summary>
    internal async Task TellAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
        {
            lines.Enqueue(line);
        }
    }

    private static string Folder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var interop = Path.Combine(folder.FullName, "tests", "Fleet.Grpc.Tests", "interop");
            if (File.Exists(Path.Combine(interop, "package-lock.json")))
            {
                return interop;
            }
        }

        throw new InvalidOperationException("tests/Fleet.Grpc.Tests/interop is not above the test's folder.");
    }

    private static async Task InstallAsync(string folder)
    {
        await s_installing.WaitAsync();
        try
        {
            var lockFile = await File.ReadAllTextAsync(Path.Combine(folder, "package-lock.json"));
            var stamp = Path.Combine(folder, "node_modules", ".installed-from");
            if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp) == lockFile)
            {
                return;
            }

            using var npm = Start(folder, "npm", ["ci", "--loglevel=error"]);
            var output = npm.StandardOutput.ReadToEndAsync();
            var errors = npm.StandardError.ReadToEndAsync();
            try
            {
                await npm.WaitForExitAsync().WaitAsync(s_installLimit);
            }
            catch (TimeoutException)
            {
                npm.Kill(entireProcessTree: true);
                throw new InvalidOperationException($"`npm ci` in {folder} took longer than {s_installLimit}. Run it by hand, then the tests again.");
            }

            if (npm.ExitCode != 0)
            {
                throw new InvalidOperationException($"`npm ci` in {folder} failed: {await output} {await errors}");
            }

            await File.WriteAllTextAsync(stamp, lockFile);
        }
        finally
        {
            s_installing.Release();
        }
    }

    private static Process Start(string folder, string program, IEnumerable<string> arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new InvalidOperationException($"The interop tests need '{program}' on the PATH: install the Debian packages nodejs and npm.", exception);
        }
    }
}
