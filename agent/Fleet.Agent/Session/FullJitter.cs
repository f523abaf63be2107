namespace Fleet.Agent.Session;

/// <summary>Full-jitter back-off: a random time from nothing to a ceiling that doubles; what a server asked for can only lengthen it.</summary>
internal sealed class FullJitter(TimeSpan first, TimeSpan longest)
{
    private int _failures;

    /// <summary>For everything between agent and hub: 0.5 s to 20 s.</summary>
    public static FullJitter ForHub() => new(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(20));

    public void Reset() => _failures = 0;

    /// <param name="random">0 to 1, exclusive.</param>
    /// <param name="asked">The server's RetryInfo.</param>
    public TimeSpan Next(double random, TimeSpan? asked = null)
    {
        var ceiling = first * Math.Pow(2, Math.Min(_failures++, 20));
        var own = (ceiling < longest ? ceiling : longest) * random;
        // Asked for by a hub that is crowded: jitter on top, so that the crowd does not come back as one.
        return asked is { } a && a > own ? a + (a * 0.25 * random) : own;
    }
}
