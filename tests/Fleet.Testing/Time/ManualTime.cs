namespace Fleet.Testing.Time;

/// <summary>
/// A clock that moves only when a test says so. Timers fire in the order of their times, each when the clock stands at its own.
/// Microsoft.Extensions.TimeProvider.Testing would be the library for it; docs/dependencies.md says why it is not.
/// </summary>
public sealed class ManualTime(DateTimeOffset start) : TimeProvider
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Lock _gate = new();
    private readonly SortedSet<ManualTimer> _armed = new(ManualTimer.ByTime);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _elapsed;
    private long _order;
    private TimeSpan _skew;

    public ManualTime()
        : this(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>Whether timers fire on the thread pool, as the system's do, rather than inside <see cref="Advance"/>.</summary>
    public bool FiresOnPool { get; init; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How far the clock has come.</summary>
    public TimeSpan Elapsed => new(Volatile.Read(ref _elapsed));

    /// <summary>How many timers wait for their time.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_gate)
            {
                return _armed.Count;
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return start + new TimeSpan(_elapsed) + _skew;
        }
    }

    public override long GetTimestamp() => Volatile.Read(ref _elapsed);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Sets the wall clock wrong; timers and timestamps know nothing of it.</summary>
    public void SkewWall(TimeSpan by)
    {
        lock (_gate)
        {
            _skew += by;
        }
    }

    /// <summary>Moves on and fires what comes due on the way, what those timers arm within the time too.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var end = Volatile.Read(ref _elapsed) + by.Ticks;
        while (Next(end) is { } timer)
        {
            timer.Fire();
        }
    }

    /// <summary>
    /// Waits until work has armed a timer within the span (it may still be on its way there), then moves on.
    /// What a test uses before it lets a time-out pass that the code under test is only about to set.
    /// </summary>
    public async Task AdvanceArmedAsync(TimeSpan by)
    {
        var end = Volatile.Read(ref _elapsed) + by.Ticks;
        await UntilAsync(() => HasTimerBy(end), $"No timer was armed within {by}");
        Advance(by);
    }

    /// <summary>Waits until this many timers are armed.</summary>
    public Task WaitForTimersAsync(int count) => UntilAsync(() => ArmedTimers >= count, $"Fewer than {count} timers were armed");

    /// <summary>Moves from one due timer to the next, and lets the work that each sets off go on, until the task has ended.</summary>
    public async Task<T> RunAsync<T>(Task<T> task, TimeSpan? within = null)
    {
        await RunAsync((Task)task, within);
        return await task;
    }

    /// <inheritdoc cref="RunAsync{T}(Task{T}, TimeSpan?)"/>
    public async Task RunAsync(Task task, TimeSpan? within = null)
    {
        var end = Volatile.Read(ref _elapsed) + (within ?? TimeSpan.FromDays(1)).Ticks;
        while (!task.IsCompleted)
        {
            var changed = Changed();
            if (await SettlesAsync(task))
            {
                break;
            }

            if (Next(end) is { } timer)
            {
                timer.Fire();
                continue;
            }

            if (await Task.WhenAny(task, changed, Task.Delay(Patience)) is var first && first != task && first != changed)
            {
                throw new TimeoutException($"The work did not end by {GetUtcNow():O}; {ArmedTimers} timers wait beyond that.");
            }
        }

        await task;
    }

    private static async Task<bool> SettlesAsync(Task task)
    {
        // What the last timer set off runs on the pool: it gets a little real time before the clock goes on.
        for (var i = 0; i < 20 && !task.IsCompleted; i++)
        {
            await Task.Yield();
        }

        return task.IsCompleted || await Task.WhenAny(task, Task.Delay(1)) == task;
    }

    private async Task UntilAsync(Func<bool> condition, string otherwise)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            var changed = Changed();
            if (condition())
            {
                return;
            }

            try
            {
                await changed.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"{otherwise} in {Patience.TotalSeconds} s of real time.");
            }
        }
    }

    private Task Changed()
    {
        lock (_gate)
        {
            return _changed.Task;
        }
    }

    private bool HasTimerBy(long end)
    {
        lock (_gate)
        {
            return _armed.Min is { } first && first.Due <= end;
        }
    }

    private ManualTimer? Next(long end)
    {
        lock (_gate)
        {
            if (_armed.Min is { } first && first.Due <= end)
            {
                _armed.Remove(first);
                Volatile.Write(ref _elapsed, Math.Max(_elapsed, first.Due));
                if (first.Period > TimeSpan.Zero)
                {
                    Arm(first, first.Period);
                }

                return first;
            }

            Volatile.Write(ref _elapsed, Math.Max(_elapsed, end));
            return null;
        }
    }

    private void Arm(ManualTimer timer, TimeSpan dueTime)
    {
        timer.Due = _elapsed + Math.Max(dueTime.Ticks, 0);
        timer.Order = _order++;
        _armed.Add(timer);
        (var changed, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        changed.SetResult();
    }

    private sealed class ManualTimer(ManualTime clock, TimerCallback callback, object? state) : ITimer
    {
        public static readonly IComparer<ManualTimer> ByTime = Comparer<ManualTimer>.Create((a, b) => (a.Due, a.Order).CompareTo((b.Due, b.Order)));
        private readonly ExecutionContext? _context = ExecutionContext.Capture();
        private bool _disposed;

        public long Due { get; set; }

        public long Order { get; set; }

        public TimeSpan Period { get; private set; }

        public void Fire()
        {
            if (clock.FiresOnPool)
            {
                ThreadPool.UnsafeQueueUserWorkItem(static timer => timer.Run(), this, preferLocal: false);
            }
            else
            {
                Run();
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                if (_disposed)
                {
                    return false;
                }

                clock._armed.Remove(this);
                Period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    clock.Arm(this, dueTime);
                }
            }

            if (dueTime == TimeSpan.Zero)
            {
                // Due at once: the system's timers do not wait for anybody to move the clock either.
                ThreadPool.UnsafeQueueUserWorkItem(static clock => clock.Advance(TimeSpan.Zero), clock, preferLocal: false);
            }

            return true;
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                clock._armed.Remove(this);
                _disposed = true;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
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
    }
}
