using Fleet.Hub.Core.Clusters;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Core.Rollups;
using Fleet.Hub.Sessions;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Reports;
using Fleet.Hub.Storage.Sessions;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Api.Views;

/// <summary>Cluster: the row, its session, its identity, and the counts of what it was assigned.</summary>
internal sealed class ClusterView(FleetStores stores, SessionDirectory sessions, TimeProvider clock) : IResourceView
{
    public ResourceKind Kind => ResourceKind.Cluster;

    public async Task<Resource?> GetAsync(Transaction tx, string name, CancellationToken cancellationToken)
    {
        var row = await stores.Clusters.GetByNameAsync(tx, name, cancellationToken).ConfigureAwait(false);
        return row is null ? null : (await ShowAsync(tx, [row], cancellationToken).ConfigureAwait(false))[0].Resource;
    }

    public async Task<IReadOnlyList<Shown>> PageAsync(Transaction tx, ViewFilter filter, string after, int limit, CancellationToken cancellationToken) =>
        await ShowAsync(tx, await stores.Clusters.ListAsync(tx, after, limit, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    private async Task<IReadOnlyList<Shown>> ShowAsync(Transaction tx, IReadOnlyList<StoredCluster> rows, CancellationToken cancellationToken)
    {
        var ids = rows.Select(r => r.Id).ToArray();
        var syncs = (await stores.Sync.GetManyAsync(tx, ids, cancellationToken).ConfigureAwait(false)).ToDictionary(s => s.Cluster, StringComparer.Ordinal);
        var counts = (await stores.Rollups.OfClustersAsync(tx, ids, cancellationToken).ConfigureAwait(false)).ToLookup(c => c.Key, StringComparer.Ordinal);
        var identities = (await stores.Clusters.GetIdentitiesAsync(tx, ids, cancellationToken).ConfigureAwait(false)).ToDictionary(i => i.Cluster, StringComparer.Ordinal);
        var leaving = rows.Any(row => row.DeletedAt is not null)
            ? (await stores.Decommissions.ListAsync(tx, cancellationToken).ConfigureAwait(false)).ToDictionary(one => one.Cluster, StringComparer.Ordinal)
            : [];
        return [.. rows.Select(row => new Shown(
            row.Name, new Resource { Cluster = Show(row, syncs.GetValueOrDefault(row.Id), identities.GetValueOrDefault(row.Id), leaving.GetValueOrDefault(row.Id), counts[row.Id]) }))];
    }

    private Cluster Show(StoredCluster row, ClusterSync? sync, ClusterIdentity? identity, StoredDecommission? leaving, IEnumerable<RollupRow> rollup)
    {
        var now = clock.GetUtcNow();
        var status = new ClusterStatus
        {
            State = row.State,
            LastSeenTime = Time(Seen(row, sync, now)),
            KubernetesVersion = row.KubernetesVersion,
            AgentVersion = row.AgentVersion,
            ClusterUid = row.KubeUid,
            DesiredGeneration = (int)(sync?.DesiredGeneration ?? 0),
            AcknowledgedGeneration = (int)(sync?.AckedGeneration ?? 0),
            Node = sync?.Node ?? "",
            CertificateExpiryTime = Time(identity?.CertificateExpiry),
            Counts = Counts(row, rollup),
            Conditions = { ClusterConditions.Of(row, identity, leaving, now) },
        };
        return new Cluster
        {
            ApiVersion = ResourceKinds.ApiVersion,
            Kind = nameof(Cluster),
            Metadata = new ObjectMeta
            {
                Name = row.Name,
                Uid = row.Id,
                Labels = { row.Labels.ToDictionary() },
                Annotations = { row.Annotations.ToDictionary() },
                Generation = (int)row.Generation,
                ResourceVersion = ResourceVersions.Of(row),
                CreationTimestamp = Time(row.Created),
                DeletionTimestamp = Time(row.DeletedAt),
            },
            Spec = ClusterSpec.Parser.ParseFrom(row.Spec),
            Status = status,
        };
    }

    // Written with transitions only; of a cluster that is connected the state itself says that it was heard since.
    private DateTimeOffset? Seen(StoredCluster row, ClusterSync? sync, DateTimeOffset now) =>
        sync?.SessionId is null || row.State != nameof(Connectivity.Connected) ? row.LastSeen
        : sessions.Find(row.Id) is { } session ? now - session.Silence
        : now;

    private static RollupCounts Counts(StoredCluster row, IEnumerable<RollupRow> rollup)
    {
        var heard = System.Enum.TryParse<Connectivity>(row.State, out var state) && ClusterLiveness.IsHeard(state);
        var counts = new RollupCounts();
        foreach (var one in rollup.Where(r => r.IsRemoval == 0))
        {
            var phase = System.Enum.TryParse<ReportPhase>(one.Phase, out var parsed) ? parsed : (ReportPhase?)null;
            Rollup.Add(counts, Rollup.Of(heard, one.IsCurrent != 0, phase), (int)one.Count);
        }

        return counts;
    }

    private static Timestamp? Time(DateTimeOffset? time) => time is { } t ? Timestamp.FromDateTimeOffset(t) : null;
}
