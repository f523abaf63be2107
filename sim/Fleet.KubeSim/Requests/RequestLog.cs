namespace Fleet.KubeSim.Requests;

/// <summary>A bounded log of every request of a simulated cluster: the judge, in tests, of what a client did.</summary>
public sealed class RequestLog
{
    private readonly Lock _gate = new();
    private readonly LoggedRequest?[] _ring;
    private long _next;
    private long _first;
    private TaskCompletionSource _changed = NewSignal();

    internal RequestLog(int capacity) => _ring = new LoggedRequest?[Math.Max(capacity, 1)];

    /// <summary>How many requests were received since the start or the last <see cref="Clear"/>, dropped ones included.</summary>
    public long Count
    {
        get
        {
            lock (_gate)
            {
                return _next - _first;
            }
        }
    }

    /// <summary>What the log holds, oldest first.</summary>
    public IReadOnlyList<LoggedRequest> Snapshot()
    {
        lock (_gate)
        {
            var from = Math.Max(_first, _next - _ring.Length);
            var entries = new List<LoggedRequest>((int)(_next - from));
            for (var i = from; i < _next; i++)
            {
                entries.Add(_ring[i % _ring.Length]!);
            }

            return entries;
        }
    }

    /// <summary>The entries that satisfy a condition, oldest first.</summary>
    public IReadOnlyList<LoggedRequest> Where(Func<LoggedRequest, bool> condition) => [.. Snapshot().Where(condition)];

    /// <summary>The requests that could change something.</summary>
    public IReadOnlyList<LoggedRequest> Writes() => Where(r => r.IsWrite);

    /// <summary>Forgets what was received so far.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _first = _next;
        }
    }

    /// <summary>Waits until an entry satisfies the condition (entries already there count), or throws when cancelled.</summary>
    public async Task<LoggedRequest> WaitForAsync(Func<LoggedRequest, bool> condition, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                changed = _changed.Task;
            }

            if (Snapshot().FirstOrDefault(condition) is { } found)
            {
                return found;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Adds an entry; <paramref name="create"/> receives its place in the log, which <see cref="Replace"/> takes.</summary>
    internal LoggedRequest Add(Func<long, LoggedRequest> create)
    {
        LoggedRequest entry;
        TaskCompletionSource changed;
        lock (_gate)
        {
            entry = create(_next);
            _ring[_next++ % _ring.Length] = entry;
            changed = Interlocked.Exchange(ref _changed, NewSignal());
        }

        changed.TrySetResult();
        return entry;
    }

    /// <summary>Completes an entry, unless it has been dropped.</summary>
    internal void Replace(LoggedRequest entry)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (entry.Sequence < _next - _ring.Length)
            {
                return;
            }

            _ring[entry.Sequence % _ring.Length] = entry;
            changed = Interlocked.Exchange(ref _changed, NewSignal());
        }

        changed.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
