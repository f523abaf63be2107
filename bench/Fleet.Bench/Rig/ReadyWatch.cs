using System.Collections.Concurrent;
using Fleet.Cli;
using Fleet.V1;

namespace Fleet.Bench.Rig;

/// <summary>Follows the hub's own watch of an Assignment's clusters, and notes when each was first seen in a wanted state.</summary>
internal sealed class ReadyWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, long> _seen = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _following;
    private Func<ClusterAssignment, bool> _wanted = static _ => false;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ReadyWatch(HubOperator hub, string assignment) => _following = FollowAsync(hub, assignment);

    /// <summary>When each cluster was first seen as wanted, as timestamps of the system's clock.</summary>
    public IReadOnlyDictionary<string, long> Seen => _seen;

    public Task OpenedAsync(CancellationToken cancellationToken) => _opened.Task.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);

    /// <summary>Starts a round: what was seen before is forgotten.</summary>
    public void Want(Func<ClusterAssignment, bool> wanted)
    {
        Volatile.Write(ref _wanted, wanted);
        _seen.Clear();
    }

    /// <summary>Waits until so many clusters were seen as wanted.</summary>
    public async Task CountAsync(int clusters, TimeSpan limit, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (_seen.Count < clusters)
        {
            var changed = Volatile.Read(ref _changed).Task;
            if (_seen.Count >= clusters)
            {
                return;
            }

            if (_following.IsCompleted)
            {
                await _following;
                throw new FailureException("the hub ended the watch", ExitCodes.Failed);
            }

            var left = limit - TimeProvider.System.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                throw new TimeoutException($"only {_seen.Count} of {clusters} clusters got there within {limit.TotalSeconds:0} s");
            }

            await Task.WhenAny(changed, _following, Task.Delay(left, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task FollowAsync(HubOperator hub, string assignment)
    {
        await Task.Yield();
        await foreach (var change in hub.WatchAsync(assignment, _stop.Token))
        {
            _opened.TrySetResult();
            if (change.Resource?.ClusterAssignment is { } now && Volatile.Read(ref _wanted)(now) && _seen.TryAdd(now.Spec.Cluster, TimeProvider.System.GetTimestamp()))
            {
                Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
            }
        }
    }
}
