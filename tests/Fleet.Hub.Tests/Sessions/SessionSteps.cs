using Fleet.Hub.Storage.Targets;
using Fleet.Hub.Tests.Flow;
using Fleet.V1;

namespace Fleet.Hub.Tests.Sessions;

/// <summary>What tests of sessions do to the store, and look up there.</summary>
internal static class SessionSteps
{
    public static Task GiveAsync(FlowHub hub, string cluster, string assignment, string revision = "r1", TargetSpec? spec = null) => hub.Database.WriteAsync(async (tx, cancel) =>
    {
        var content = SpecDigests.Canonical(spec ?? new TargetSpec { AssignmentUid = assignment });
        var digest = await hub.Stores.Specs.PutAsync(tx, content, DateTimeOffset.UtcNow, cancel);
        var state = await hub.Stores.Hub.GetAsync(tx, cancel);
        var change = TargetChange.Set(cluster, assignment, assignment, revision, digest, new string('c', 64), "audit");
        await hub.Stores.Targets.ChangeAsync(tx, [change], state!.Lineage.ToBytes(), DateTimeOffset.UtcNow, cancel);
    }, default);

    public static Task<Storage.Sessions.ClusterSync?> SyncAsync(FlowHub hub, string cluster) =>
        hub.Database.ReadAsync((tx, cancel) => hub.Stores.Sync.GetAsync(tx, cluster, cancel), default);

    public static Task<Storage.Reports.StoredReport?> ReportOfAsync(FlowHub hub, string cluster, string assignment) =>
        hub.Database.ReadAsync((tx, cancel) => hub.Stores.Reports.GetAsync(tx, cluster, assignment, cancel), default);
}
