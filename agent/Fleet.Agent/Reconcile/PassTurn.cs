namespace Fleet.Agent.Reconcile;

/// <summary>
/// One pass, and how it is cut short when the hub says something new: waits end at once and nothing more is begun; a call
/// that is under way gets a moment to come to its end, for a cut one leaves the next pass to find out what became of it.
/// </summary>
internal sealed class PassTurn : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _now = new();
    private readonly CancellationTokenSource _soon;
    private readonly CancellationTokenSource _waits;
    private readonly CancellationTokenSource _calls;
    private bool _isOver;

    public PassTurn(TimeProvider time, CancellationToken end)
    {
        _soon = new(Timeout.InfiniteTimeSpan, time);
        _waits = CancellationTokenSource.CreateLinkedTokenSource(end, _now.Token);
        _calls = CancellationTokenSource.CreateLinkedTokenSource(end, _soon.Token);
        (Waits, Calls, End) = (_waits.Token, _calls.Token, end);
    }

    /// <summary>For waiting, and asked before anything new is begun.</summary>
    public CancellationToken Waits { get; }
    /// <summary>For a call to the API server that may have taken effect.</summary>
    public CancellationToken Calls { get; }
    /// <summary>For what must come to its end unless the agent itself ends: the agent's own state.</summary>
    public CancellationToken End { get; }

    public bool IsPreempted => _now.IsCancellationRequested;

    public void Preempt()
    {
        lock (_lock)
        {
            if (_isOver) return;
            // Not here and now: what was waiting would go on inside of whoever calls.
            _ = _now.CancelAsync();
            _soon.CancelAfter(Grace);
        }
    }

    public void Dispose()
    {
        lock (_lock) _isOver = true;
        _waits.Dispose();
        _calls.Dispose();
        _now.Dispose();
        _soon.Dispose();
    }
}
