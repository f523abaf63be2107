using Fleet.Hub.Storage;

namespace Fleet.Hub.Audit;

/// <summary>
/// Chains batches of audit rows by hash, behind the writers: a chain in each transaction would serialise them all. Any
/// hub node may do it; the store's lock lets one at a time.
/// </summary>
internal sealed partial class AuditSealer(FleetDatabase database, FleetStores stores, TimeProvider clock, ILogger<AuditSealer> logger) : BackgroundService
{
    private const int Batch = 1_000;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            try
            {
                // Rows of one tick may be more than one batch holds.
                while (await database.WriteAsync((tx, cancel) => stores.AuditSeals.SealAsync(tx, Batch, clock.GetUtcNow(), cancel), stoppingToken).ConfigureAwait(false) is not null)
                {
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "AuditSealFailed", Level = LogLevel.Warning, Message = "Audit rows could not be sealed; it is tried again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
