using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Fleet.Cli.Demo;

/// <summary>A process of the demo: its output goes to a log file, and it is ended by its own process id.</summary>
internal sealed partial class ChildProcess : IAsyncDisposable
{
    private const int SigTerm = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly Process process;
    private readonly StreamWriter log;
    private readonly Channel<string> lines = Channel.CreateBounded<string>(new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropOldest });

    private ChildProcess(Process process, StreamWriter log, string name)
    {
        this.process = process;
        this.log = log;
        Name = name;
    }

    public string Name { get; }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    /// <summary>Starts a program that was built beside fleetctl.</summary>
    public static ChildProcess Start(string name, string program, string logFolder, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var path = Path.Combine(AppContext.BaseDirectory, program);
        if (!File.Exists(path))
        {
            throw new FailureException($"{program} is not beside fleetctl (in {AppContext.BaseDirectory})", ExitCodes.Failed, "Run the demo with `make demo` from a checkout of the project.");
        }

        var start = new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        // Many short-lived processes share the machine: profiling their code would cost more than it wins.
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        var log = new StreamWriter(Path.Combine(logFolder, name + ".log"), append: true) { AutoFlush = true };
        var child = new ChildProcess(Process.Start(start)!, log, name);
        child.process.OutputDataReceived += (_, e) => child.Take(e.Data);
        child.process.ErrorDataReceived += (_, e) => child.Take(e.Data);
        child.process.BeginOutputReadLine();
        child.process.BeginErrorReadLine();
        child.process.StandardInput.Close();
        return child;
    }

    /// <summary>The first line of output that starts with the text.</summary>
    public Task<string> LineAsync(string prefix, TimeSpan timeout, CancellationToken cancellationToken) =>
        LineAsync(line => line.StartsWith(prefix, StringComparison.Ordinal), timeout, cancellationToken);

    /// <summary>The first line of output that is wanted.</summary>
    public async Task<string> LineAsync(Func<string, bool> wanted, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        var seen = new Queue<string>();
        try
        {
            await foreach (var line in lines.Reader.ReadAllAsync(limit.Token))
            {
                if (wanted(line))
                {
                    return line;
                }

                seen.Enqueue(line);
                if (seen.Count > 15)
                {
                    seen.Dequeue();
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
        }

        throw new FailureException($"{Name} did not come up{(process.HasExited ? $" (exit code {process.ExitCode})" : "")}:\n  {string.Join("\n  ", seen)}", ExitCodes.Failed);
    }

    /// <summary>Ends it at once, as a crash or a lost node would.</summary>
    public async Task KillAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            _ = Kill(process.Id, SigTerm);
            using var limit = new CancellationTokenSource(Patience);
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                await KillAsync();
            }
        }

        process.Dispose();
        lock (log)
        {
            log.Dispose();
        }
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            lines.Writer.TryComplete();
            return;
        }

        lock (log)
        {
            if (log.BaseStream is { CanWrite: true })
            {
                log.WriteLine(line);
            }
        }

        lines.Writer.TryWrite(line);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
