namespace Fleet.Agent.Core.Errors;

/// <summary>Exponential back-off with full jitter as a pure function; the caller brings the random number.</summary>
public sealed record Backoff(TimeSpan First, TimeSpan Longest)
{
    /// <summary>For an object whose apply failed.</summary>
    public static readonly Backoff Apply = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
    /// <summary>For a stalled object: a slow look, since what must change may be in the cluster and unseen.</summary>
    public static readonly Backoff Stalled = new(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10));
    /// <summary>For a thing that must come first; its event normally wakes us before.</summary>
    public static readonly Backoff Waiting = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    /// <param name="failures">How often it failed in a row, from 1.</param>
    /// <param name="random">0 to 1, exclusive.</param>
    public TimeSpan Delay(int failures, double random)
    {
        var ceiling = Ceiling(failures);
        // Half is certain, half is random: the herd is spread, and no try comes at once.
        return ceiling * (0.5 + (Math.Clamp(random, 0, 1) * 0.5));
    }

    /// <summary>The delay without jitter.</summary>
    public TimeSpan Ceiling(int failures)
    {
        var doubling = Math.Clamp(failures - 1, 0, 30);
        var ticks = First.Ticks * Math.Pow(2, doubling);
        return ticks >= Longest.Ticks ? Longest : TimeSpan.FromTicks((long)ticks);
    }

    /// <summary>When to try again after this verdict: never sooner than the server asked for.</summary>
    public static TimeSpan For(ErrorVerdict verdict, int failures, double random)
    {
        var own = (verdict.Kind switch
        {
            ErrorKind.Stalled => Stalled,
            ErrorKind.Waiting => Waiting,
            _ => Apply,
        }).Delay(failures, random);
        return verdict.Wait is { } asked && asked > own ? asked + TimeSpan.FromSeconds(Math.Clamp(random, 0, 1)) : own;
    }
}
