using Fleet.Hub.Sessions;
using Fleet.Hub.Storage;
using Fleet.Hub.Work;

namespace Fleet.Hub.Rollouts;

/// <summary>Clusters came or went: brings the groups' counts of connected clusters up to date.</summary>
internal sealed class GroupStatusController(
    FleetDatabase database, FleetStores stores, GroupStatuses groups, NodeIdentity node, TimeProvider time, ILogger<GroupStatusController> logger)
    : KeyedController(WorkKinds.GroupStatus, database, stores.Work, node, time, logger)
{
    protected override async Task<TimeSpan?> RunAsync(string key, CancellationToken cancellationToken)
    {
        await groups.WriteAsync(cancellationToken).ConfigureAwait(false);
        return null;
    }
}
