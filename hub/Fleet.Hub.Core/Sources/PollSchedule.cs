namespace Fleet.Hub.Core.Sources;

/// <summary>When a GitSource is asked again.</summary>
public static class PollSchedule
{
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan MaxBackoff = TimeSpan.FromMinutes(5);

    private const double Jitter = 0.2;

    /// <summary>How long to wait after a poll.</summary>
    /// <param name="interval">The source's own interval.</param>
    /// <param name="failures">Polls failed in a row, this one included; each doubles the wait, up to five minutes (or the interval, if that is longer).</param>
    /// <param name="random">From 0 to 1.</param>
    public static TimeSpan Next(TimeSpan interval, int failures, double random)
    {
        var bounded = interval < MinInterval ? MinInterval : interval;
        var ceiling = bounded > MaxBackoff ? bounded : MaxBackoff;
        var factor = Math.Pow(2, Math.Clamp(failures, 0, 16));
        var wait = Math.Min(bounded.TotalMilliseconds * factor, ceiling.TotalMilliseconds);
        // Up to 20 % more and never less: many sources of one Git server must not beat in step.
        return TimeSpan.FromMilliseconds(wait * (1 + (Jitter * Math.Clamp(random, 0, 1))));
    }
}
