using Fleet.Testing.Time;

namespace Fleet.Testing.Tests.Time;

public sealed class ManualTimeTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly ManualTime _time = new();

    [Fact]
    public void Timers_OneAdvance_FireInOrderEachAtItsOwnTime()
    {
        var fired = new List<(string, TimeSpan)>();
        using var late = Timer("late", 3, fired);
        using var early = Timer("early", 1, fired);
        using var never = Timer("never", 9, fired);
        _time.Advance(5 * Second);
        Assert.Equal([("early", Second), ("late", 3 * Second)], fired);
        Assert.Equal((5 * Second, 1), (_time.Elapsed, _time.ArmedTimers));
    }

    [Fact]
    public void PeriodicTimer_OneAdvance_FiresAtEachPeriod()
    {
        var fired = new List<TimeSpan>();
        using var timer = _time.CreateTimer(_ => fired.Add(_time.Elapsed), null, Second, 2 * Second);
        _time.Advance(6 * Second);
        Assert.Equal([Second, 3 * Second, 5 * Second], fired);
    }

    [Fact]
    public void TimerArmedByATimer_WithinTheAdvance_FiresToo()
    {
        var fired = new List<TimeSpan>();
        ITimer? next = null;
        using var first = _time.CreateTimer(_ => next = _time.CreateTimer(_ => fired.Add(_time.Elapsed), null, Second, Timeout.InfiniteTimeSpan), null, Second, Timeout.InfiniteTimeSpan);
        _time.Advance(3 * Second);
        Assert.Equal([2 * Second], fired);
        next?.Dispose();
    }

    [Fact]
    public void DisposedTimer_ComesDue_StaysSilentAndCannotBeArmed()
    {
        var fired = new List<(string, TimeSpan)>();
        var timer = Timer("gone", 1, fired);
        timer.Dispose();
        Assert.False(timer.Change(Second, Timeout.InfiniteTimeSpan));
        _time.Advance(5 * Second);
        Assert.Empty(fired);
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public void WallSkewed_TimestampsAndTimers_KnowNothingOfIt()
    {
        var fired = new List<(string, TimeSpan)>();
        using var timer = Timer("timer", 60, fired);
        var (wall, stamp) = (_time.GetUtcNow(), _time.GetTimestamp());
        _time.SkewWall(TimeSpan.FromHours(-1));
        Assert.Equal(wall - TimeSpan.FromHours(1), _time.GetUtcNow());
        Assert.Equal(TimeSpan.Zero, _time.GetElapsedTime(stamp));
        Assert.Empty(fired);
    }

    [Fact]
    public async Task Delay_OfADay_EndsWithTheAdvance()
    {
        var delay = Task.Delay(TimeSpan.FromDays(1), _time);
        _time.Advance(TimeSpan.FromDays(1) - Second);
        Assert.False(delay.IsCompleted);
        _time.Advance(Second);
        await delay.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task AdvanceArmed_TimerThatIsOnlyAboutToBeArmed_IsWaitedFor()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var work = Task.Run(async () =>
        {
            await gate.Task;
            await Task.Delay(Second, _time);
        });
        var advance = _time.AdvanceArmedAsync(Second);
        Assert.False(advance.IsCompleted);
        gate.SetResult();
        await advance;
        await work.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Run_WorkOfManyWaits_EndsAtItsOwnTime()
    {
        var steps = await _time.RunAsync(Task.Run(async () =>
        {
            var passed = new List<TimeSpan>();
            for (var hour = 0; hour < 24; hour++)
            {
                await Task.Delay(TimeSpan.FromHours(1), _time);
                await Task.Yield();
                passed.Add(_time.Elapsed);
            }

            return passed;
        }), within: TimeSpan.FromDays(2));
        Assert.Equal(Enumerable.Range(1, 24).Select(h => TimeSpan.FromHours(h)), steps);
    }

    [Fact]
    public async Task DueAtOnce_WithoutAnyAdvance_Fires()
    {
        var fired = new TaskCompletionSource();
        await using var timer = _time.CreateTimer(_ => fired.SetResult(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await fired.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private ITimer Timer(string name, int seconds, List<(string, TimeSpan)> fired) =>
        _time.CreateTimer(_ => fired.Add((name, _time.Elapsed)), null, seconds * Second, Timeout.InfiniteTimeSpan);
}
