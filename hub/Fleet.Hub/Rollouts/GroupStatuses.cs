using Fleet.Hub.Core.Assignments;
using Fleet.Hub.Core.Clusters;
using Fleet.Hub.Storage;
using Fleet.Hub.Work;
using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Hub.Rollouts;

/// <summary>Writes what operators see of ClusterGroups.</summary>
internal sealed class GroupStatuses(FleetDatabase database, FleetStores stores, TimeProvider time)
{
    private const int MaxNames = 100;

    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        var statuses = await database.ReadAsync(async (tx, cancel) =>
        {
            var known = (await stores.Clusters.AllLabelsAsync(tx, cancel).ConfigureAwait(false)).Where(cluster => cluster.DeletedAt is null && cluster.State != "Revoked").ToArray();
            var candidates = known.Select(cluster => new CandidateCluster(cluster.Id, cluster.Name, cluster.Labels)).ToArray();
            var states = known.ToDictionary(cluster => cluster.Id, StringComparer.Ordinal);
            var all = await ResourcePages.AllAsync(stores.Resources, tx, "ClusterGroup", cancel).ConfigureAwait(false);
            return all.Select(stored => (stored.Uid, Status: Of([.. ClusterMatch.Of(stored.ClusterGroup().Spec, candidates).Select(id => states[id])]))).ToArray();
        }, cancellationToken).ConfigureAwait(false);
        await database.WriteAsync(async (tx, cancel) =>
        {
            foreach (var (uid, status) in statuses)
            {
                await stores.Resources.PutStatusAsync(tx, uid, status.ToByteArray(), time.GetUtcNow(), cancel).ConfigureAwait(false);
            }
        }, cancellationToken).ConfigureAwait(false);
    }

    private static ClusterGroupStatus Of(IReadOnlyList<Storage.Clusters.ClusterLabels> members)
    {
        var status = new ClusterGroupStatus
        {
            Clusters = members.Count,
            Connected = members.Count(cluster => Enum.TryParse<Connectivity>(cluster.State, out var state) && ClusterLiveness.IsHeard(state)),
        };
        status.ClusterNames.Add(members.Select(cluster => cluster.Name).Order(StringComparer.Ordinal).Take(MaxNames));
        return status;
    }
}
