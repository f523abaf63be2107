using System.Threading.Channels;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Simulation;

/// <summary>Runs the controllers of one cluster, one key at a time; without changes and timers it does nothing at all.</summary>
internal sealed class ControllerLoop : IAsyncDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMilliseconds(50);
    private readonly ControllerContext _context;
    private readonly IReadOnlyList<SimulationController> _controllers;
    private readonly Lock _gate = new();
    private readonly HashSet<WorkKey> _queued = [];
    private readonly Dictionary<WorkKey, ITimer> _timers = [];
    private readonly Channel<WorkKey> _queue = Channel.CreateUnbounded<WorkKey>(new UnboundedChannelOptions { SingleReader = true });
    private CancellationTokenSource? _running;
    private Task _loop = Task.CompletedTask;

    public ControllerLoop(ControllerContext context, IReadOnlyList<SimulationController> controllers)
    {
        _context = context;
        _controllers = controllers;
        context.Cluster.Store.Observe(Notice);
    }

    /// <summary>Starts, or starts again after a stop with a look at everything there is.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _running = new CancellationTokenSource();
            _loop = RunAsync(_running.Token);
        }

        foreach (var item in _context.Cluster.Store.ListEverything())
        {
            Notice(new StoreEvent(item, null, Deleted: false));
        }
    }

    public async Task StopAsync()
    {
        Task loop;
        lock (_gate)
        {
            _running?.Cancel();
            _running = null;
            loop = _loop;
            foreach (var timer in _timers.Values)
            {
                timer.Dispose();
            }

            _timers.Clear();
        }

        await loop;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private void Notice(StoreEvent change)
    {
        foreach (var controller in _controllers)
        {
            foreach (var (ns, name) in controller.Affected(change))
            {
                Enqueue(new WorkKey(controller, ns, name));
            }
        }
    }

    private void Enqueue(WorkKey key)
    {
        lock (_gate)
        {
            if (_running is not null && _queued.Add(key))
            {
                _queue.Writer.TryWrite(key);
            }
        }
    }

    private void EnqueueAt(WorkKey key, DateTimeOffset due)
    {
        var time = _context.Cluster.Time;
        lock (_gate)
        {
            if (_running is null)
            {
                return;
            }

            if (_timers.Remove(key, out var earlier))
            {
                earlier.Dispose();
            }

            var now = time.GetUtcNow();
            var timer = _timers[key] = time.CreateTimer(_ => Enqueue(key), null, Until(due, now), Timeout.InfiniteTimeSpan);
            for (var later = time.GetUtcNow(); later - now > ClockTolerance; later = time.GetUtcNow())
            {
                // The clock was moved just when the timer was set.
                now = later;
                timer.Change(Until(due, now), Timeout.InfiniteTimeSpan);
            }
        }
    }

    private static TimeSpan Until(DateTimeOffset due, DateTimeOffset now) => due > now ? due - now : TimeSpan.Zero;

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            while (await _queue.Reader.WaitToReadAsync(cancellationToken))
            {
                while (!cancellationToken.IsCancellationRequested && _queue.Reader.TryRead(out var key))
                {
                    lock (_gate)
                    {
                        _queued.Remove(key);
                    }

                    Reconcile(key);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private void Reconcile(WorkKey key)
    {
        // Counted from before the look: a clock that a test moves meanwhile must not put the next one off.
        var start = _context.Cluster.Time.GetUtcNow();
        try
        {
            if (key.Controller.Reconcile(key.Namespace, key.Name) is { } delay)
            {
                EnqueueAt(key, start + delay);
            }
            else
            {
                Forget(key);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A refused write (someone changed the object meanwhile, or a test's admission hook said no) or a bug, which must not end all
            // the other controllers: told, and tried again soon.
            var cluster = _context.Cluster;
            var message = e is ApiException ? e.Message : e.ToString();
            cluster.Failures.Add(new ControllerFailure(cluster.Time.GetUtcNow(), key.Controller.GetType().Name, key.Namespace, key.Name, message));
            EnqueueAt(key, cluster.Time.GetUtcNow() + RetryDelay);
        }
    }

    private void Forget(WorkKey key)
    {
        lock (_gate)
        {
            if (_timers.Remove(key, out var timer))
            {
                timer.Dispose();
            }
        }
    }
}
