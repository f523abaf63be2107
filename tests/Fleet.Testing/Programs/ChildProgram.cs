using System.Diagnostics;

namespace Fleet.Testing.Programs;

/// <summary>
/// A program in a process of its own, to be stopped, paused or killed. It never outlives the test host: when that one is
/// killed, a guard kills the program.
/// </summary>
public sealed class ChildProgram : IAsyncDisposable
{
    // The guard holds our standard input; its end is ours. XFSZ is ignored (and that is inherited), so that a file size
    // limit shows as an error of the write, as a full disk does, instead of ending the program. The first line is its id.
    private const string Guard = """
        trap '' XFSZ
        exec 3<&0
        sh -c 'echo $$ >&2; exec "$@"' program "$@" 3<&- < /dev/null & program=$!
        (read -r _ <&3; kill -CONT "$program"; kill -KILL "$program") 2>/dev/null >/dev/null & guard=$!
        wait "$program"; code=$?
        kill -KILL "$guard" 2>/dev/null
        exit "$code"
        """;

    private readonly Process _guard;

    private ChildProgram(Process guard, int id, ProgramOutput output, ProgramStart start) => (_guard, Id, Output, Start) = (guard, id, output, start);

    /// <summary>The program's own process id.</summary>
    public int Id { get; }

    public ProgramOutput Output { get; }

    /// <summary>How it was started: what <see cref="StartAsync(ProgramStart)"/> needs to start the same again.</summary>
    public ProgramStart Start { get; }

    public bool HasExited => _guard.HasExited;

    /// <summary>As the shell counts: 128 + the signal's number when a signal ended it.</summary>
    public int ExitCode => _guard.ExitCode;

    public static Task<ChildProgram> StartAsync(string name, params string[] arguments) => StartAsync(new ProgramStart(name) { Arguments = arguments });

    public static async Task<ChildProgram> StartAsync(ProgramStart start)
    {
        var info = new ProcessStartInfo("/bin/sh", ["-c", Guard, "guard", start.FindFile(), .. start.Arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = start.WorkingFolder ?? Path.GetTempPath(),
        };
        foreach (var (key, value) in start.Environment)
        {
            info.Environment[key] = value;
        }

        var guard = Process.Start(info) ?? throw new InvalidOperationException($"{start.Name} did not start.");
        var id = int.Parse(await guard.StandardError.ReadLineAsync() ?? throw new InvalidOperationException($"{start.Name} did not start."), System.Globalization.CultureInfo.InvariantCulture);
        return new(guard, id, new ProgramOutput(start.Name, guard), start);
    }

    /// <summary>kill −9, now: to be called from wherever the moment is seen, such as a request's arrival.</summary>
    public void KillNow() => Signals.Send(Id, Signals.Kill);

    /// <summary>kill −9, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        KillNow();
        await ExitAsync();
    }

    /// <summary>Kills it at a named point, and waits until it is gone.</summary>
    public async Task KillAtAsync(KillPoint point)
    {
        await point.ReachedAsync(this);
        await KillAsync();
    }

    /// <summary>Lets it stand still as if it had no processor; connections stay open.</summary>
    public void Pause() => Signals.Send(Id, Signals.Stop);

    public void Resume() => Signals.Send(Id, Signals.Continue);

    /// <summary>Asks it to end (SIGTERM) and waits for that; gives the exit code.</summary>
    public Task<int> TerminateAsync(TimeSpan? within = null)
    {
        Signals.Send(Id, Signals.Terminate);
        return ExitAsync(within);
    }

    /// <summary>Waits for its end; gives the exit code.</summary>
    public async Task<int> ExitAsync(TimeSpan? within = null)
    {
        using var limit = new CancellationTokenSource(within ?? TimeSpan.FromSeconds(60));
        try
        {
            await _guard.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{Start.Name} did not end. Its output:\n{Output}");
        }

        return _guard.ExitCode;
    }

    /// <summary>Bounds the size of files that it may write; null takes the bound back. Writes beyond it fail.</summary>
    public async Task LimitFileSizeAsync(long? bytes)
    {
        using var prlimit = Process.Start("prlimit", ["--pid", $"{Id}", $"--fsize={(bytes is { } b ? $"{b}" : "unlimited")}:unlimited"]);
        await prlimit.WaitForExitAsync();
        if (prlimit.ExitCode != 0)
        {
            throw new InvalidOperationException($"prlimit ended with {prlimit.ExitCode}.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasExited)
        {
            KillNow();
            await ExitAsync();
        }

        _guard.Dispose();
    }
}
