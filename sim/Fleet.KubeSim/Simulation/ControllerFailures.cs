namespace Fleet.KubeSim.Simulation;

/// <summary>What the controllers of a cluster could not do: refusals are part of a cluster's life, but one that never ends is seen here.</summary>
public sealed class ControllerFailures
{
    private const int Capacity = 1_000;
    private readonly Lock _gate = new();
    private readonly Queue<ControllerFailure> _latest = new();
    private long _count;

    internal ControllerFailures()
    {
    }

    /// <summary>How many there were in all.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>The latest, oldest first.</summary>
    public IReadOnlyList<ControllerFailure> Latest()
    {
        lock (_gate)
        {
            return [.. _latest];
        }
    }

    internal void Add(ControllerFailure failure)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _count);
            _latest.Enqueue(failure);
            if (_latest.Count > Capacity)
            {
                _latest.Dequeue();
            }
        }
    }
}
