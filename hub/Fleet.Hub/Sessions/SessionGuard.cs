using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Sessions;
using Fleet.Hub.Storage.Signals;
using Fleet.V1;

namespace Fleet.Hub.Sessions;

/// <summary>Ends sessions of this node that are no longer the cluster's live one: superseded at another node, revoked, quarantined or removed.</summary>
internal sealed partial class SessionGuard(
    FleetDatabase database, SyncStore syncs, ClusterStore clusters, SessionDirectory directory, NodeIdentity node, SessionOptions options,
    TimeProvider time, ILogger<SessionGuard> logger) : BackgroundService
{
    /// <summary>A node that cannot ask the database for this long ends its sessions: revocations could not reach it.</summary>
    internal static readonly TimeSpan BlindAtMost = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Spacing = TimeSpan.FromMilliseconds(200);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changes = database.Changes.Subscribe(Topics.Sessions);
        var seen = time.GetTimestamp();
        while (true)
        {
            try
            {
                await CheckAsync(stoppingToken).ConfigureAwait(false);
                seen = time.GetTimestamp();
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
                if (time.GetElapsedTime(seen) > BlindAtMost)
                {
                    foreach (var session in directory.All)
                    {
                        session.End(VerdictKind.RetryLater, "This hub node has lost its database. Another node, or this one later, will take over.");
                    }
                }
            }

            // A herd signals with every session: one look answers all that came meanwhile.
            await Task.Delay(Spacing, time, stoppingToken).ConfigureAwait(false);
            await changes.WaitAsync(options.Poll * 2, stoppingToken).ConfigureAwait(false);
        }
    }

    /// <summary>Compares this node's sessions with the stored ones.</summary>
    internal async Task CheckAsync(CancellationToken cancellationToken)
    {
        // Taken before the rows: a session that begins in between is in the rows, or not yet in this list.
        var held = directory.All;
        if (held.Count == 0)
        {
            return;
        }

        var (rows, lost) = await database.ReadAsync(async (tx, cancel) =>
        {
            var live = (await syncs.OfNodeAsync(tx, node.Name, cancel).ConfigureAwait(false)).ToDictionary(row => row.Cluster, StringComparer.Ordinal);
            var ended = held.Where(session => !live.TryGetValue(session.ClusterId, out var row) || (ulong)row.Fence != session.Fence).ToArray();
            var states = ended.Length == 0 ? [] : await clusters.GetManyAsync(tx, ended.Select(session => session.ClusterId), cancel).ConfigureAwait(false);
            return (states.ToDictionary(state => state.Id, StringComparer.Ordinal), ended);
        }, cancellationToken).ConfigureAwait(false);
        foreach (var session in lost)
        {
            SessionEnds.End(session, rows.GetValueOrDefault(session.ClusterId));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "SessionGuardFailed", Level = LogLevel.Warning, Message = "Which sessions are live could not be read; it is tried again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
