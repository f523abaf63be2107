using System.Collections.Concurrent;

namespace Fleet.Hub.Storage.Signals;

/// <summary>Signals within this process.</summary>
internal sealed class LocalSignal(TimeProvider clock) : IChangeSignal
{
    private readonly ConcurrentDictionary<Subscription, bool> _subscriptions = new();

    public void Publish(string topic, string? node = null)
    {
        foreach (var (subscription, _) in _subscriptions)
        {
            subscription.Wake(topic);
        }
    }

    public void PublishAll()
    {
        foreach (var (subscription, _) in _subscriptions)
        {
            subscription.Wake(null);
        }
    }

    public IChangeSubscription Subscribe(params ReadOnlySpan<string> topics)
    {
        var subscription = new Subscription(this, [.. topics], clock);
        _subscriptions[subscription] = true;
        return subscription;
    }

    private sealed class Subscription(LocalSignal owner, string[] topics, TimeProvider clock) : IChangeSubscription
    {
        private readonly SemaphoreSlim _woken = new(0, 1);

        public void Wake(string? topic)
        {
            if (topic is not null && !topics.Contains(topic, StringComparer.Ordinal))
            {
                return;
            }

            try
            {
                _woken.Release();
            }
            catch (SemaphoreFullException)
            {
                // Woken already: one wake stands for all until it is taken.
            }
            catch (ObjectDisposedException)
            {
            }
        }

        public async Task<bool> WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
        {
            if (_woken.Wait(0, CancellationToken.None))
            {
                return true;
            }

            using var deadline = new CancellationTokenSource(atMost, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            try
            {
                await _woken.WaitAsync(either.Token).ConfigureAwait(false);
                return true;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return false;
            }
        }

        public void Dispose()
        {
            owner._subscriptions.TryRemove(this, out _);
            _woken.Dispose();
        }
    }
}
