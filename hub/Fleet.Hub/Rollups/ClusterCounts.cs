using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Signals;

namespace Fleet.Hub.Rollups;

/// <summary>Counts clusters by state for the gauges, when some have moved and now and then.</summary>
internal sealed partial class ClusterCounts(FleetDatabase database, FleetStores stores, TimeProvider time, ILogger<ClusterCounts> logger) : BackgroundService
{
    private static readonly TimeSpan AtLeast = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        RollupMeters.Register();
        using var changes = database.Changes.Subscribe(Topics.Sessions);
        while (true)
        {
            try
            {
                var all = await database.ReadAsync((tx, cancel) => stores.Clusters.AllLabelsAsync(tx, cancel), stoppingToken).ConfigureAwait(false);
                RollupMeters.Clusters = all.GroupBy(cluster => cluster.State).ToDictionary(group => group.Key, group => (long)group.Count(), StringComparer.Ordinal);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }

            // A herd that comes back is counted once.
            await Task.Delay(AtMost, time, stoppingToken).ConfigureAwait(false);
            await changes.WaitAsync(AtLeast, stoppingToken).ConfigureAwait(false);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "ClusterCountsFailed", Level = LogLevel.Warning, Message = "Clusters could not be counted; it is tried again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
