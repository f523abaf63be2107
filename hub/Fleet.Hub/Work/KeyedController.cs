using Fleet.Hub.Sessions;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Signals;
using Fleet.Hub.Storage.Work;

namespace Fleet.Hub.Work;

/// <summary>A keyed, level-triggered loop: a key says that something may have changed; the controller reads the whole state and decides.</summary>
/// <remarks>
/// The value of "wanted" is read before the state, and "done" is set to that value afterwards: a change that comes in
/// between leaves wanted above done, so the key is run again and none is lost. A key runs at one node at a time (a lease
/// with a fencing token), keys run side by side up to a bound, and one that hangs is cut off and holds no other up.
/// </remarks>
internal abstract partial class KeyedController(
    string kind, FleetDatabase database, WorkStore work, NodeIdentity node, TimeProvider time, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(20);

    /// <summary>Keys at once on this node.</summary>
    protected virtual int Concurrency => 8;

    /// <summary>How long one run may take; also the length of its lease, with some room.</summary>
    protected virtual TimeSpan RunAtMost => TimeSpan.FromMinutes(2);

    /// <summary>How often the database is asked although nothing was signalled.</summary>
    protected virtual TimeSpan Poll => TimeSpan.FromSeconds(5);

    /// <summary>Brings one key up to date.</summary>
    /// <returns>When to run it again although nothing changes; null: when something does.</returns>
    protected abstract Task<TimeSpan?> RunAsync(string key, CancellationToken cancellationToken);

    /// <summary>What must be raised once at start, so that nothing which changed while no node ran is missed.</summary>
    protected virtual Task BeginAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changes = database.Changes.Subscribe(Topics.Work);
        using var finished = new SemaphoreSlim(0);
        var running = new HashSet<Task>();
        var begun = false;
        var wait = TimeSpan.Zero;
        while (true)
        {
            try
            {
                if (!begun)
                {
                    await BeginAsync(stoppingToken).ConfigureAwait(false);
                    begun = true;
                }

                running.RemoveWhere(task => task.IsCompleted);
                wait = Poll;
                if (running.Count < Concurrency)
                {
                    // Read first: with SQLite a claim takes the only writer, and most wake-ups are for other kinds of work.
                    wait = await NextDueAsync(stoppingToken).ConfigureAwait(false);
                    if (wait <= TimeSpan.Zero)
                    {
                        foreach (var claim in await ClaimAsync(Concurrency - running.Count, stoppingToken).ConfigureAwait(false))
                        {
                            running.Add(RunClaimAsync(claim, finished, stoppingToken));
                        }

                        wait = await NextDueAsync(stoppingToken).ConfigureAwait(false);
                    }
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.ClaimFailed(logger, kind, e);
                wait = Poll;
            }

            await WaitAsync(changes, finished, wait, stoppingToken).ConfigureAwait(false);
        }
    }

    private static async Task WaitAsync(IChangeSubscription changes, SemaphoreSlim finished, TimeSpan wait, CancellationToken stoppingToken)
    {
        // Never none: a due key that another node is just taking must not keep this loop spinning.
        wait = wait < ShortestWait ? ShortestWait : wait;
        using var first = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var either = new[] { changes.WaitAsync(wait, first.Token), finished.WaitAsync(first.Token) };
        await Task.WhenAny(either).ConfigureAwait(false);
        await first.CancelAsync().ConfigureAwait(false);
        foreach (var task in either)
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        stoppingToken.ThrowIfCancellationRequested();
    }

    private Task<IReadOnlyList<WorkItem>> ClaimAsync(int limit, CancellationToken cancellationToken) => database.WriteAsync(
        (tx, cancel) => work.ClaimAsync(tx, kind, node.Owner, RunAtMost + TimeSpan.FromSeconds(15), limit, database.Clock.GetUtcNow(), cancel),
        cancellationToken);

    private async Task<TimeSpan> NextDueAsync(CancellationToken cancellationToken)
    {
        var due = await database.ReadAsync((tx, cancel) => work.NextDueAsync(tx, kind, cancel), cancellationToken).ConfigureAwait(false);
        var wait = due is { } at ? at - database.Clock.GetUtcNow() : Poll;
        return wait < Poll ? wait : Poll;
    }

    private async Task RunClaimAsync(WorkItem item, SemaphoreSlim finished, CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var limit = new CancellationTokenSource(RunAtMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
        try
        {
            var next = await RunAsync(item.Key, either.Token).ConfigureAwait(false);
            var at = next is { } wait ? database.Clock.GetUtcNow() + wait : (DateTimeOffset?)null;
            await database.WriteAsync((tx, cancel) => work.CompleteAsync(tx, item, at, cancel), stoppingToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            var wait = Backoff(item.Attempts);
            Log.RunFailed(logger, kind, item.Key, wait.TotalSeconds, e);
            await GiveBackAsync(item, wait, stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The node stops; the lease is given back with its others.
        }
        finally
        {
            finished.Release();
        }
    }

    private async Task GiveBackAsync(WorkItem item, TimeSpan wait, CancellationToken stoppingToken)
    {
        try
        {
            var at = database.Clock.GetUtcNow() + wait;
            await database.WriteAsync((tx, cancel) => work.FailAsync(tx, item, at, cancel), stoppingToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The lease runs out, and the key is claimed again.
            Log.GiveBackFailed(logger, kind, item.Key, e);
        }
    }

    // 1 s, doubling, to 5 min, with full jitter over the upper half.
    private static TimeSpan Backoff(long attempts)
    {
        var seconds = Math.Min(300, Math.Pow(2, Math.Min(attempts, 16)));
        return TimeSpan.FromSeconds(seconds * (0.5 + (Random.Shared.NextDouble() / 2)));
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "WorkClaimFailed", Level = LogLevel.Warning, Message = "Work of kind {Kind} could not be claimed; it is tried again")]
        public static partial void ClaimFailed(ILogger logger, string kind, Exception exception);

        [LoggerMessage(EventName = "WorkFailed", Level = LogLevel.Error, Message = "{Kind} {Key} failed; it is tried again in {Seconds:0} s")]
        public static partial void RunFailed(ILogger logger, string kind, string key, double seconds, Exception exception);

        [LoggerMessage(EventName = "WorkGiveBackFailed", Level = LogLevel.Warning, Message = "{Kind} {Key} could not be given back; its lease runs out instead")]
        public static partial void GiveBackFailed(ILogger logger, string kind, string key, Exception exception);
    }
}
