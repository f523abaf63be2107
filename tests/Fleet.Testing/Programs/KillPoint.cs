namespace Fleet.Testing.Programs;

/// <summary>
/// A named point in a program's life, seen from outside: a line that it prints, a file that appears, or whatever a test
/// observes (a request at KubeSim, bytes in a proxy). No hook stands in the product for it.
/// </summary>
public sealed class KillPoint
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Func<ChildProgram, Task> _reached;

    private KillPoint(string name, Func<ChildProgram, Task> reached) => (Name, _reached) = (name, reached);

    public string Name { get; }

    /// <summary>The n-th line with this text, such as a log event's name.</summary>
    public static KillPoint Line(string text, int count = 1) => new($"line {count} with '{text}'", program => program.Output.LineAsync(text, count));

    /// <summary>A file has appeared.</summary>
    public static KillPoint FileExists(string path) => new($"file {Path.GetFileName(path)}", async _ =>
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!File.Exists(path))
        {
            // Inotify would be no faster in what matters: the kill comes after the fact either way.
            await Task.Delay(1, limit.Token);
        }
    });

    /// <summary>Some time after the start, for random runs.</summary>
    public static KillPoint After(TimeSpan time) => new($"{time.TotalMilliseconds:0} ms", _ => Task.Delay(time));

    /// <summary>Whatever a task tells. To kill within the very moment, call <see cref="ChildProgram.KillNow"/> where it is seen instead.</summary>
    public static KillPoint When(string name, Task reached) => new(name, _ => reached.WaitAsync(Patience));

    public override string ToString() => Name;

    internal async Task ReachedAsync(ChildProgram program)
    {
        try
        {
            await _reached(program);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            throw new TimeoutException($"{program.Start.Name} did not reach {Name}. Its output:\n{program.Output}", e);
        }
    }
}
