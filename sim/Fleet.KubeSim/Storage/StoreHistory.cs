using Fleet.KubeSim.Resources;

namespace Fleet.KubeSim.Storage;

/// <summary>The last changes of a store, bounded by number and bytes, from which a watch can start in the past.</summary>
internal sealed class StoreHistory(int capacity, long maximumBytes)
{
    private readonly Queue<StoreEvent> _events = new();
    private long _bytes;

    /// <summary>The newest change that is no longer kept; a watch from before it is answered 410 Gone.</summary>
    public long CompactedThrough { get; private set; }

    public void Add(StoreEvent change)
    {
        _events.Enqueue(change);
        _bytes += change.Object.Size;
        while (_events.Count > capacity || (_bytes > maximumBytes && _events.Count > 1))
        {
            Drop();
        }
    }

    /// <summary>Forgets everything up to now: the next watch from the past is answered 410 Gone.</summary>
    public void Compact(long through)
    {
        while (_events.TryPeek(out var oldest) && oldest.ResourceVersion <= through)
        {
            Drop();
        }

        CompactedThrough = Math.Max(CompactedThrough, through);
    }

    public IEnumerable<StoreEvent> Since(ResourceKey resource, long resourceVersion) =>
        _events.Where(e => e.ResourceVersion > resourceVersion && e.Object.Resource == resource);

    private void Drop()
    {
        var dropped = _events.Dequeue();
        _bytes -= dropped.Object.Size;
        CompactedThrough = Math.Max(CompactedThrough, dropped.ResourceVersion);
    }
}
