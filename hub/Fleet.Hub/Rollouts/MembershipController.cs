using Fleet.Hub.Sessions;
using Fleet.Hub.Storage;
using Fleet.Hub.Work;

namespace Fleet.Hub.Rollouts;

/// <summary>Groups, labels or the set of clusters changed: has every Assignment looked at again.</summary>
internal sealed class MembershipController(
    FleetDatabase database, FleetStores stores, GroupStatuses groups, NodeIdentity node, TimeProvider time, ILogger<MembershipController> logger)
    : KeyedController(WorkKinds.Membership, database, stores.Work, node, time, logger)
{
    private readonly FleetDatabase _database = database;

    protected override Task BeginAsync(CancellationToken cancellationToken) => _database.WriteAsync(
        (tx, cancel) => stores.Work.RaiseNowAsync(tx, WorkKinds.Membership, WorkKinds.All, _database.Clock, cancel), cancellationToken);

    protected override async Task<TimeSpan?> RunAsync(string key, CancellationToken cancellationToken)
    {
        await _database.WriteAsync(async (tx, cancel) =>
        {
            var all = await ResourcePages.AllAsync(stores.Resources, tx, "Assignment", cancel).ConfigureAwait(false);
            await stores.Work.RaiseAsync(tx, WorkKinds.Rollout, all.Select(assignment => assignment.Uid), _database.Clock.GetUtcNow(), cancel).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
        await groups.WriteAsync(cancellationToken).ConfigureAwait(false);
        return null;
    }
}
