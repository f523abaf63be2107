using Fleet.Hub.Sessions;
using Fleet.Hub.Storage;

namespace Fleet.Hub.Work;

/// <summary>Takes away what nothing needs any more: once an hour, at one node.</summary>
internal sealed class Housekeeping(FleetDatabase database, FleetStores stores, NodeIdentity node, TimeProvider time, ILogger<Housekeeping> logger)
    : KeyedController(WorkKinds.Housekeeping, database, stores.Work, node, time, logger)
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    private readonly FleetDatabase _database = database;

    protected override Task BeginAsync(CancellationToken cancellationToken) => _database.WriteAsync(
        (tx, cancel) => stores.Work.RaiseAsync(tx, WorkKinds.Housekeeping, WorkKinds.All, _database.Clock.GetUtcNow() + TimeSpan.FromMinutes(5), cancel), cancellationToken);

    protected override async Task<TimeSpan?> RunAsync(string key, CancellationToken cancellationToken)
    {
        await Storage.Housekeeping.RunAsync(_database, stores, new Retention(), cancellationToken).ConfigureAwait(false);
        return Every;
    }
}
