namespace Fleet.Bench.Clocks;

/// <summary>A clock that stands still until it is stepped. Timers fire in order of their times, each at its own.</summary>
internal sealed class SteppedClock(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<(SteppedTimer Timer, int Version), (long Due, long Order)> _due = new();
    private long _elapsed;
    private long _order;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public TimeSpan Elapsed => TimeSpan.FromTicks(Volatile.Read(ref _elapsed));

    public override DateTimeOffset GetUtcNow() => start + Elapsed;

    public override long GetTimestamp() => Volatile.Read(ref _elapsed);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SteppedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves on, and fires what comes due.</summary>
    public void Step(TimeSpan by)
    {
        var end = Elapsed.Ticks + by.Ticks;
        while (true)
        {
            SteppedTimer? next = null;
            lock (_gate)
            {
                while (_due.TryPeek(out var entry, out var at) && at.Due <= end)
                {
                    _due.Dequeue();
                    if (entry.Timer.IsCurrent(entry.Version))
                    {
                        Volatile.Write(ref _elapsed, Math.Max(_elapsed, at.Due));
                        next = entry.Timer;
                        break;
                    }
                }

                if (next is null)
                {
                    Volatile.Write(ref _elapsed, end);
                    return;
                }
            }

            next.Fire();
        }
    }

    private sealed class SteppedTimer(SteppedClock clock, TimerCallback callback, object? state) : ITimer
    {
        private readonly ExecutionContext? _context = ExecutionContext.Capture();
        private TimeSpan _period = Timeout.InfiniteTimeSpan;
        private int _version;

        public bool IsCurrent(int version) => _version == version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                if (_version < 0)
                {
                    return false;
                }

                _version++;
                _period = period;
                Enqueue(dueTime);
                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                _version = -1;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        public void Fire()
        {
            lock (clock._gate)
            {
                if (_version < 0)
                {
                    return;
                }

                if (_period > TimeSpan.Zero)
                {
                    Enqueue(_period);
                }
            }

            // As the system's timers do: on the pool, so that what a callback goes on to do holds up nobody.
            ThreadPool.UnsafeQueueUserWorkItem(static timer => timer.Run(), this, preferLocal: false);
        }

        private void Run()
        {
            if (_context is null)
            {
                callback(state);
            }
            else
            {
                ExecutionContext.Run(_context, s => callback(s), state);
            }
        }

        private void Enqueue(TimeSpan dueTime)
        {
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                clock._due.Enqueue((this, _version), (clock._elapsed + Math.Max(dueTime.Ticks, 0), clock._order++));
            }
        }
    }
}
