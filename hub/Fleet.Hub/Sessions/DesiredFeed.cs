using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Sessions;
using Fleet.Hub.Storage.Signals;

namespace Fleet.Hub.Sessions;

/// <summary>Finds which of this node's sessions are behind their cluster's desired state, whichever node changed it.</summary>
internal sealed partial class DesiredFeed(
    FleetDatabase database, SyncStore syncs, SessionDirectory directory, NodeIdentity node, SessionOptions options, ILogger<DesiredFeed> logger) : BackgroundService
{
    private const int Page = 20_000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changes = database.Changes.Subscribe(Topics.Targets);
        while (true)
        {
            try
            {
                await WakeAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }

            await changes.WaitAsync(options.Poll, stoppingToken).ConfigureAwait(false);
        }
    }

    private async Task WakeAsync(CancellationToken cancellationToken)
    {
        if (directory.Count == 0)
        {
            return;
        }

        var behind = await database.ReadAsync((tx, cancel) => syncs.ClustersBehindAsync(tx, node.Name, Page, cancel), cancellationToken).ConfigureAwait(false);
        foreach (var cluster in behind)
        {
            // What was sent and is not acknowledged yet needs no second sending.
            if (directory.Find(cluster.Cluster) is { } session && (session.Sent?.Generation ?? 0) < (ulong)cluster.DesiredGeneration)
            {
                session.Outbox.DesiredChanged();
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "DesiredFeedFailed", Level = LogLevel.Warning, Message = "Which clusters are behind could not be read; it is tried again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
