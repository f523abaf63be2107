namespace Fleet.Agent.Hosting;

/// <summary>
/// Gives memory back once the agent has come to rest: rendering and applying a large Assignment makes garbage that the
/// collector, in a process that then does nothing, would keep for hours.
/// </summary>
internal sealed class MemoryTrim(TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(3);
    private const long WorthIt = 4 << 20;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var trimmedAt = 0L;
        var last = GC.GetTotalAllocatedBytes();
        while (true)
        {
            await Task.Delay(Look, time, cancellationToken).ConfigureAwait(false);
            var now = GC.GetTotalAllocatedBytes();
            var resting = now - last < 512 << 10;
            last = now;
            if (!resting || now - trimmedAt < WorthIt) continue;
            // Twice: what the first collection finalizes the second one frees.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            trimmedAt = GC.GetTotalAllocatedBytes();
        }
    }
}
