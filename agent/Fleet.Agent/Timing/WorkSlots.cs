namespace Fleet.Agent.Timing;

/// <summary>
/// Bounds how much is done at once, and yet lets nobody wait for one that itself only waits: what takes longer than a moment
/// hands its slot on and comes to its end beside the others. A second, much wider bound stands behind.
/// </summary>
internal sealed class WorkSlots(int size, TimeSpan moment, TimeProvider time) : IDisposable
{
    private const int Width = 64;
    private readonly SemaphoreSlim _slots = new(size);
    private readonly SemaphoreSlim _all = new(size * Width);

    /// <summary>Waits for a slot, then begins; the task that comes back ends with the work.</summary>
    public async Task<Task> StartAsync(Func<Task> work, CancellationToken cancellationToken)
    {
        await _all.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _all.Release();
            throw;
        }
        return RunAsync(work);
    }

    public void Dispose()
    {
        _slots.Dispose();
        _all.Dispose();
    }

    private async Task RunAsync(Func<Task> work)
    {
        var handedOn = 0;
        try
        {
            var timer = time.CreateTimer(_ => HandOn(), null, moment, Timeout.InfiniteTimeSpan);
            await using (timer.ConfigureAwait(false)) await work().ConfigureAwait(false);
        }
        finally
        {
            HandOn();
            _all.Release();
        }

        void HandOn()
        {
            if (Interlocked.Exchange(ref handedOn, 1) == 0) _slots.Release();
        }
    }
}
