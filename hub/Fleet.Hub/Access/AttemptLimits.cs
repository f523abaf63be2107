using System.Collections.Concurrent;

namespace Fleet.Hub.Access;

/// <summary>Token buckets by key (an address, a token's id), in bounded memory: the guard before any database work.</summary>
/// <param name="burst">How many attempts may come at once.</param>
/// <param name="perSecond">How many more each second brings.</param>
/// <param name="clock">Its monotonic time.</param>
internal sealed class AttemptLimits(double burst, double perSecond, TimeProvider clock)
{
    private const int MaxKeys = 20_000;

    private readonly ConcurrentDictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);

    /// <summary>Takes one attempt; when none is left, says how long to wait.</summary>
    public bool TryTake(string key, out TimeSpan retryAfter)
    {
        if (_buckets.Count >= MaxKeys)
        {
            Forget();
        }

        return _buckets.GetOrAdd(key, static (_, limits) => new Bucket(limits), this).TryTake(out retryAfter);
    }

    /// <summary>Whether an attempt is left, without taking it: for limits that count only failures.</summary>
    public bool HasLeft(string key, out TimeSpan retryAfter)
    {
        retryAfter = default;
        return !_buckets.TryGetValue(key, out var bucket) || bucket.HasLeft(out retryAfter);
    }

    // A full bucket carries no memory: it is as good as none. If none is full, someone sends from very many keys:
    // starting all of them afresh is bounded harm, unbounded memory is not.
    private void Forget()
    {
        foreach (var (key, bucket) in _buckets)
        {
            if (bucket.IsFull)
            {
                _buckets.TryRemove(key, out _);
            }
        }

        if (_buckets.Count >= MaxKeys)
        {
            _buckets.Clear();
        }
    }

    private sealed class Bucket(AttemptLimits limits)
    {
        private readonly Lock _gate = new();
        private readonly AttemptLimits _limits = limits;
        private double _left = limits._burst;
        private long _at = limits._clock.GetTimestamp();

        public bool IsFull
        {
            get
            {
                lock (_gate)
                {
                    Refill();
                    return _left >= _limits._burst;
                }
            }
        }

        public bool TryTake(out TimeSpan retryAfter)
        {
            lock (_gate)
            {
                var has = HasLeft(out retryAfter);
                _left -= has ? 1 : 0;
                return has;
            }
        }

        public bool HasLeft(out TimeSpan retryAfter)
        {
            lock (_gate)
            {
                Refill();
                retryAfter = _left >= 1 ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - _left) / _limits._perSecond);
                return _left >= 1;
            }
        }

        private void Refill()
        {
            var now = _limits._clock.GetTimestamp();
            _left = Math.Min(_limits._burst, _left + (_limits._clock.GetElapsedTime(_at, now).TotalSeconds * _limits._perSecond));
            _at = now;
        }
    }

    private readonly double _burst = burst;
    private readonly double _perSecond = perSecond;
    private readonly TimeProvider _clock = clock;
}
