using System.Diagnostics;

namespace Fleet.Testing.Programs;

/// <summary>What a program wrote to both its outputs, by lines; the oldest are forgotten when there are too many.</summary>
public sealed class ProgramOutput
{
    private const int Kept = 10_000;
    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private readonly string _program;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _dropped;
    private int _open = 2;

    internal ProgramOutput(string program, Process process)
    {
        _program = program;
        _ = ReadAsync(process.StandardOutput);
        _ = ReadAsync(process.StandardError);
    }

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>How many lines there have been: where a search for a line may begin.</summary>
    public long Count
    {
        get
        {
            lock (_gate)
            {
                return _dropped + _lines.Count;
            }
        }
    }

    /// <summary>The n-th line that contains the text, waited for.</summary>
    public Task<string> LineAsync(string text, int count = 1, TimeSpan? within = null, long from = 0) =>
        LineAsync(line => line.Contains(text, StringComparison.Ordinal), $"'{text}'", count, within, from);

    /// <summary>The n-th line that is wanted, waited for.</summary>
    public async Task<string> LineAsync(Func<string, bool> wanted, string words, int count = 1, TimeSpan? within = null, long from = 0)
    {
        using var limit = new CancellationTokenSource(within ?? TimeSpan.FromSeconds(60));
        while (true)
        {
            Task changed;
            bool ended;
            lock (_gate)
            {
                if (_lines.Skip((int)Math.Max(from - _dropped, 0)).Where(wanted).ElementAtOrDefault(count - 1) is { } line)
                {
                    return line;
                }

                (changed, ended) = (_changed.Task, _open == 0);
            }

            if (ended)
            {
                throw new InvalidOperationException($"{_program} ended without the line {words}. Its output:\n{this}");
            }

            try
            {
                await changed.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"{_program} did not print the line {words} in time. Its output:\n{this}");
            }
        }
    }

    public override string ToString() => string.Join('\n', Lines.TakeLast(200));

    private async Task ReadAsync(StreamReader reader)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                Add(line);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Disposed with its process.
        }

        Add(null);
    }

    private void Add(string? line)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (line is null)
            {
                _open--;
            }
            else
            {
                _lines.Enqueue(line);
                if (_lines.Count > Kept)
                {
                    _lines.Dequeue();
                    _dropped++;
                }
            }

            (changed, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
    }
}
