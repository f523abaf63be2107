using System.Threading.Channels;
using Fleet.KubeSim.Resources;

namespace Fleet.KubeSim.Storage;

/// <summary>The changes of one resource on their way to one watcher; a reader who falls too far behind is cut off, as by a real server.</summary>
internal sealed class WatchFeed(ResourceKey resource, Action<WatchFeed> onClosed) : IDisposable
{
    private const int Capacity = 10_000;

    private readonly Channel<StoreEvent> _changes = Channel.CreateBounded<StoreEvent>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, AllowSynchronousContinuations = false });

    public ResourceKey Resource => resource;

    public ChannelReader<StoreEvent> Changes => _changes.Reader;

    public void Offer(StoreEvent change)
    {
        if (change.Object.Resource == resource && !_changes.Writer.TryWrite(change))
        {
            _changes.Writer.TryComplete();
        }
    }

    public void Dispose()
    {
        _changes.Writer.TryComplete();
        onClosed(this);
    }
}
