using Fleet.Hub.Access;
using Fleet.Hub.Api.Ports;
using Fleet.Hub.Sessions;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Audit;
using Fleet.Hub.Work;
using Fleet.V1;

namespace Fleet.Hub.Rollouts;

/// <summary>Hurries what would happen anyway: a poll, or the reconciling of connected agents.</summary>
internal sealed class SyncRequests(FleetDatabase database, FleetStores stores, CommandDesk desk, TimeProvider time) : ISyncRequests
{
    public async Task<SyncResponse> SyncAsync(SyncRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var (clusters, assignment) = await database.WriteAsync((tx, cancel) => RaiseAsync(tx, request, caller, cancel), cancellationToken).ConfigureAwait(false);
        var told = await desk.TellAsync(clusters, () => new Command { Reconcile = new Reconcile { AssignmentUid = assignment } }, cancellationToken).ConfigureAwait(false);
        return new SyncResponse { Clusters = told };
    }

    private async Task<(IReadOnlyList<string> Clusters, string Assignment)> RaiseAsync(Transaction tx, SyncRequest request, Caller caller, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var target = request.Source.Length > 0 ? $"GitSource/{request.Source}" : request.Assignment.Length > 0 ? $"Assignment/{request.Assignment}" : $"Cluster/{request.Cluster}";
        await stores.Audit.AppendAsync(tx, AuditRow.New(caller.Name, "sync", target, now), cancel).ConfigureAwait(false);
        if (request.Source.Length > 0 && await stores.Resources.GetAsync(tx, "GitSource", request.Source, cancel).ConfigureAwait(false) is { } source)
        {
            await stores.Work.RaiseNowAsync(tx, WorkKinds.Source, source.Uid, database.Clock, cancel).ConfigureAwait(false);
        }

        var uid = "";
        var clusters = new List<string>();
        if (request.Assignment.Length > 0 && await stores.Resources.GetAsync(tx, "Assignment", request.Assignment, cancel).ConfigureAwait(false) is { } assignment)
        {
            uid = assignment.Uid;
            await stores.Work.RaiseNowAsync(tx, WorkKinds.Rollout, uid, database.Clock, cancel).ConfigureAwait(false);
            if (request.Cluster.Length == 0)
            {
                clusters.AddRange((await stores.Targets.OfAssignmentAsync(tx, uid, cancel).ConfigureAwait(false)).Select(row => row.Cluster));
            }
        }

        if (request.Cluster.Length > 0 && await stores.Clusters.GetByNameAsync(tx, request.Cluster, cancel).ConfigureAwait(false) is { } cluster)
        {
            clusters.Add(cluster.Id);
        }

        return (clusters, uid);
    }
}
