using Fleet.Hub.Sessions;
using Fleet.Hub.Storage;
using Fleet.Hub.Work;

namespace Fleet.Hub.Rollouts;

/// <summary>Ends the identity of clusters that have let go of everything (key: the cluster's id).</summary>
internal sealed class DecommissionController(
    FleetDatabase database, FleetStores stores, Decommissions decommissions, NodeIdentity node, TimeProvider time, ILogger<DecommissionController> logger)
    : KeyedController(WorkKinds.Decommission, database, stores.Work, node, time, logger)
{
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(10);

    private readonly FleetDatabase _database = database;

    protected override Task BeginAsync(CancellationToken cancellationToken) => _database.WriteAsync(async (tx, cancel) =>
    {
        var open = await stores.Decommissions.ListAsync(tx, cancel).ConfigureAwait(false);
        await stores.Work.RaiseAsync(tx, WorkKinds.Decommission, open.Select(one => one.Cluster), _database.Clock.GetUtcNow(), cancel).ConfigureAwait(false);
    }, cancellationToken);

    protected override async Task<TimeSpan?> RunAsync(string key, CancellationToken cancellationToken) =>
        await decommissions.ContinueAsync(key, cancellationToken).ConfigureAwait(false) ? null : Again;
}
