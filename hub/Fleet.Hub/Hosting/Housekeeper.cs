using Fleet.Hub.Storage;

namespace Fleet.Hub.Hosting;

/// <summary>Forgets what nobody needs any more: old feed entries, used challenges, unpinned content.</summary>
internal sealed partial class Housekeeper(FleetDatabase database, FleetStores stores, TimeProvider clock, ILogger<Housekeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            // Spread, so that the nodes of one database do not sweep in step.
            await Task.Delay(Every * (0.5 + Random.Shared.NextDouble()), clock, stoppingToken).ConfigureAwait(false);
            try
            {
                await Housekeeping.RunAsync(database, stores, new Retention(), stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "HousekeepingFailed", Level = LogLevel.Warning, Message = "Housekeeping failed; it is tried again within two hours")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
