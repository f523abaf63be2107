namespace Fleet.Cli.Demo;

/// <summary>Waits for a state of the world, and says what was seen last when it does not come.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <param name="what">What is waited for, for the error.</param>
    /// <param name="limit">When to give up.</param>
    /// <param name="look">Null when it is so; else what is seen instead.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<TimeSpan> BecomesAsync(string what, TimeSpan limit, Func<Task<string?>> look, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        var started = clock.GetTimestamp();
        while (true)
        {
            var seen = await look();
            var elapsed = clock.GetElapsedTime(started);
            if (seen is null)
            {
                return elapsed;
            }

            if (elapsed > limit)
            {
                throw new FailureException($"{what} did not happen within {limit.TotalSeconds:0} s. Last seen: {seen}", ExitCodes.Failed);
            }

            await Task.Delay(Interval, clock, cancellationToken);
        }
    }
}
