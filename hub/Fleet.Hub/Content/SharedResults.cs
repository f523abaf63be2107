using System.Collections.Concurrent;

namespace Fleet.Hub.Content;

/// <summary>Computes each answer once however many ask for it at the same time, and keeps the last ones within a number of bytes.</summary>
/// <param name="maxBytes">What the kept answers may weigh together.</param>
internal sealed class SharedResults<TKey, TValue>(long maxBytes)
    where TKey : notnull
    where TValue : class
{
    private readonly ConcurrentDictionary<TKey, Flight> _flights = new();
    private readonly Lock _lock = new();
    private readonly LinkedList<Kept> _recent = new();
    private readonly Dictionary<TKey, LinkedListNode<Kept>> _kept = [];
    private long _bytes;

    /// <summary>What is kept now, in bytes.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Gets the answer; computes it if nobody has or is at it.</summary>
    /// <param name="key">What is asked for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="compute">Runs to its end as long as one caller still waits; cancelled when the last one has left.</param>
    public async Task<TValue> GetAsync(
        TKey key, Func<CancellationToken, Task<(TValue Value, long Bytes)>> compute, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryKept(key, out var kept))
            {
                return kept;
            }

            var flight = _flights.GetOrAdd(key, static _ => new Flight());
            if (!flight.Join())
            {
                // Everybody left it just now; it is about to be taken out.
                await Task.Yield();
                _flights.TryRemove(KeyValuePair.Create(key, flight));
                continue;
            }

            try
            {
                var task = flight.Start(() => RunAsync(key, flight, compute));
                return await task.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                flight.Leave();
            }
        }
    }

    private async Task<TValue> RunAsync(TKey key, Flight flight, Func<CancellationToken, Task<(TValue Value, long Bytes)>> compute)
    {
        try
        {
            var (value, bytes) = await compute(flight.Cancelled).ConfigureAwait(false);
            Keep(key, value, bytes);
            return value;
        }
        finally
        {
            _flights.TryRemove(KeyValuePair.Create(key, flight));
        }
    }

    private bool TryKept(TKey key, out TValue value)
    {
        lock (_lock)
        {
            if (_kept.TryGetValue(key, out var node))
            {
                _recent.Remove(node);
                _recent.AddFirst(node);
                value = node.Value.Value;
                return true;
            }
        }

        value = null!;
        return false;
    }

    private void Keep(TKey key, TValue value, long bytes)
    {
        // One answer must not push out all others.
        if (bytes > maxBytes / 2)
        {
            return;
        }

        lock (_lock)
        {
            if (_kept.ContainsKey(key))
            {
                return;
            }

            _kept[key] = _recent.AddFirst(new Kept(key, value, bytes));
            _bytes += bytes;
            while (_bytes > maxBytes && _recent.Last is { } oldest)
            {
                _recent.RemoveLast();
                _kept.Remove(oldest.Value.Key);
                _bytes -= oldest.Value.Bytes;
            }
        }
    }

    private sealed record Kept(TKey Key, TValue Value, long Bytes);

    private sealed class Flight
    {
        private readonly Lock _lock = new();
        private readonly CancellationTokenSource _source = new();
        private Task<TValue>? _task;
        private int _waiting;
        private bool _abandoned;

        public CancellationToken Cancelled => _source.Token;

        public bool Join()
        {
            lock (_lock)
            {
                if (_abandoned)
                {
                    return false;
                }

                _waiting++;
                return true;
            }
        }

        public Task<TValue> Start(Func<Task<TValue>> run)
        {
            lock (_lock)
            {
                return _task ??= Task.Run(run);
            }
        }

        public void Leave()
        {
            lock (_lock)
            {
                if (--_waiting > 0 || _task is { IsCompleted: true })
                {
                    return;
                }

                _abandoned = true;
            }

            _source.Cancel();
        }
    }
}
