namespace Grpc.Wire;

/// <summary>Calls back once when a time has passed, however far away it is, on the monotonic clock of a TimeProvider.</summary>
internal sealed class DeadlineTimer : IDisposable
{
    // Below the 49 days that a timer takes.
    private static readonly TimeSpan s_longestWait = TimeSpan.FromDays(30);

    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly TimeSpan _due;
    private readonly Action _expired;
    private readonly ITimer _timer;

    internal DeadlineTimer(TimeProvider time, TimeSpan due, Action expired)
    {
        _time = time;
        _start = time.GetTimestamp();
        _due = due;
        _expired = expired;
        _timer = time.CreateTimer(static state => ((DeadlineTimer)state!).OnTick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Arm(due);
    }

    public void Dispose() => _timer.Dispose();

    private void OnTick()
    {
        var left = _due - _time.GetElapsedTime(_start);
        if (left > TimeSpan.Zero)
        {
            Arm(left);
        }
        else
        {
            _expired();
        }
    }

    private void Arm(TimeSpan left)
    {
        // A timer may fire up to a millisecond early; rounding up saves the second round.
        var wait = left > s_longestWait ? s_longestWait : TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
