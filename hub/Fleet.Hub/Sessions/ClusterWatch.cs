using Fleet.Hub.Core.Clusters;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Sessions;
using Fleet.Hub.Storage.Signals;

namespace Fleet.Hub.Sessions;

/// <summary>Moves clusters from Connected to Suspect, Offline and Stale, by this node's own monotonic clock.</summary>
/// <remarks>
/// Heartbeats stay in memory: only transitions are written. Sessions of this node are judged by when they were last heard.
/// Clusters that nobody holds are watched by every node from when it first saw that, and whoever gets there first writes;
/// so no cluster is forgotten when a node dies, and after a total outage all clocks start anew.
/// </remarks>
internal sealed partial class ClusterWatch(
    FleetDatabase database, SyncStore syncs, ClusterStore clusters, SessionDirectory directory, ClusterTransitions transitions,
    SessionOptions options, TimeProvider time, ILogger<ClusterWatch> logger) : BackgroundService
{
    private readonly Dictionary<string, Detached> _detached = new(StringComparer.Ordinal);
    private readonly Dictionary<LiveSession, Connectivity> _attached = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changes = database.Changes.Subscribe(Topics.Sessions);
        var step = TimeSpan.FromTicks(Math.Clamp(options.SuspectAfter.Ticks / 10, TimeSpan.FromMilliseconds(50).Ticks, TimeSpan.FromSeconds(2).Ticks));
        var listed = time.GetTimestamp() - (10 * time.TimestampFrequency);
        var (signalled, due) = (true, true);
        while (true)
        {
            try
            {
                // A herd signals with every session: one look a second answers all that came meanwhile.
                due |= signalled;
                if ((due && time.GetElapsedTime(listed) > step * 2) || time.GetElapsedTime(listed) > options.Poll * 5)
                {
                    (listed, due) = (time.GetTimestamp(), false);
                    await FindDetachedAsync(stoppingToken).ConfigureAwait(false);
                }

                await JudgeAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }

            signalled = await changes.WaitAsync(step, stoppingToken).ConfigureAwait(false);
        }
    }

    /// <summary>Starts the clocks of clusters that nobody holds, and forgets those that somebody does.</summary>
    internal async Task FindDetachedAsync(CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(async (tx, cancel) =>
        {
            var watched = (await clusters.AllLabelsAsync(tx, cancel).ConfigureAwait(false)).Where(cluster => Watched(cluster.State)).ToArray();
            var sync = await syncs.GetManyAsync(tx, watched.Select(cluster => cluster.Id), cancel).ConfigureAwait(false);
            return watched.Join(sync, cluster => cluster.Id, row => row.Cluster, (cluster, row) => (Cluster: cluster, Row: row)).ToArray();
        }, cancellationToken).ConfigureAwait(false);

        var free = rows.Where(row => row.Row.SessionId is null).ToDictionary(row => row.Cluster.Id, StringComparer.Ordinal);
        foreach (var gone in _detached.Keys.Where(id => !free.ContainsKey(id)).ToArray())
        {
            _detached.Remove(gone);
        }

        foreach (var (id, row) in free)
        {
            if (!_detached.TryGetValue(id, out var known) || known.Fence != row.Row.Fence)
            {
                _detached[id] = new Detached(row.Row.Fence, Since(row.Cluster.State), Enum.Parse<Connectivity>(row.Cluster.State));
            }
        }
    }

    /// <summary>Writes the transitions that are due.</summary>
    internal async Task JudgeAsync(CancellationToken cancellationToken)
    {
        foreach (var ended in _attached.Keys.Where(session => directory.Find(session.ClusterId) != session).ToArray())
        {
            _attached.Remove(ended);
        }

        var due = new List<ClusterTransition>();
        foreach (var session in directory.All)
        {
            var before = _attached.GetValueOrDefault(session, Connectivity.Connected);
            var now = ClusterLiveness.Of(true, attached: true, session.Silence, options.Limits);
            _attached[session] = now;
            if (now != before)
            {
                due.Add(new ClusterTransition(session.ClusterId, (long)session.Fence, now, Attached: true, time.GetUtcNow() - session.Silence));
            }
        }

        foreach (var (id, detached) in _detached.ToArray())
        {
            var state = ClusterLiveness.Of(true, attached: false, time.GetElapsedTime(detached.Since), options.Limits);
            if (state > detached.State)
            {
                due.Add(new ClusterTransition(id, detached.Fence, state, Attached: false));
                _detached[id] = detached with { State = state };
            }
        }

        if (due.Count > 0)
        {
            await transitions.WriteAsync(due, cancellationToken).ConfigureAwait(false);
        }
    }

    // A cluster that was Offline when this node first saw it has been silent for at least that long.
    private long Since(string state) =>
        time.GetTimestamp() - (state == nameof(Connectivity.Offline) ? (long)(options.OfflineAfter.TotalSeconds * time.TimestampFrequency) : 0);

    private static bool Watched(string state) =>
        state is nameof(Connectivity.Connected) or nameof(Connectivity.Suspect) or nameof(Connectivity.Offline);

    private sealed record Detached(long Fence, long Since, Connectivity State);

    private static partial class Log
    {
        [LoggerMessage(EventName = "ClusterWatchFailed", Level = LogLevel.Warning, Message = "The clusters' states could not be brought up to date; it is tried again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
