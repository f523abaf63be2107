using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Faults;

/// <summary>A fault that works on the events of one watch.</summary>
internal sealed class WatchFault(FaultAction action)
{
    private StoreEvent? _held;

    /// <summary>Whether the event was dealt with here; if not, it is sent as usual.</summary>
    public async Task<bool> HandleAsync(StoreEvent change, Func<StoreEvent, Task> send, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        switch (action)
        {
            case FaultAction.DropWatch:
                return true;
            case FaultAction.RepeatEvents:
                await send(change);
                await send(change);
                return true;
            case FaultAction.ReorderEvents when _held is null:
                _held = change;
                return true;
            case FaultAction.ReorderEvents:
                var first = _held;
                _held = null;
                await send(change);
                await send(first!);
                return true;
            default:
                return false;
        }
    }
}
