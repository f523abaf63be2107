namespace Fleet.Hub.Core.Sessions;

/// <summary>A token bucket: how many sessions a node lets in per second. Not safe for several threads.</summary>
/// <param name="rate">Sessions a second.</param>
/// <param name="burst">Sessions at once.</param>
public sealed class AdmissionBucket(double rate, int burst)
{
    private double _tokens = burst;
    private TimeSpan _last;

    /// <summary>Takes one token, or says how long to stay away.</summary>
    /// <param name="now">By a monotonic clock.</param>
    /// <param name="retryAfter">Zero when admitted; else when a token will be there for the caller, given those refused before it.</param>
    public bool TryAdmit(TimeSpan now, out TimeSpan retryAfter)
    {
        if (now > _last)
        {
            _tokens = Math.Min(burst, _tokens + ((now - _last).TotalSeconds * rate));
            _last = now;
        }

        if (_tokens >= 1)
        {
            _tokens -= 1;
            retryAfter = TimeSpan.Zero;
            return true;
        }

        retryAfter = TimeSpan.FromSeconds(Math.Max(0.1, (1 - _tokens) / rate));
        return false;
    }
}
