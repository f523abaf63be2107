using System.Globalization;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Audit;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Api.Views;

/// <summary>AuditEvent, the newest first.</summary>
internal sealed class AuditEventView(FleetStores stores) : IResourceView
{
    public ResourceKind Kind => ResourceKind.AuditEvent;

    public async Task<Resource?> GetAsync(Transaction tx, string name, CancellationToken cancellationToken) =>
        await stores.Audit.GetAsync(tx, name, cancellationToken).ConfigureAwait(false) is { } row ? Show(row) : null;

    public async Task<IReadOnlyList<Shown>> PageAsync(Transaction tx, ViewFilter filter, string after, int limit, CancellationToken cancellationToken)
    {
        var (found, cluster, assignment) = await FilterIds.ResolveAsync(stores, tx, filter, cancellationToken).ConfigureAwait(false);
        if (!found)
        {
            return [];
        }

        long? before = long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq : null;
        var rows = await stores.Audit.ListAsync(tx, new AuditFilter(Cluster: cluster, Assignment: assignment), before, limit, cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(row => new Shown(row.Seq.ToString(CultureInfo.InvariantCulture), Show(row)))];
    }

    private static Resource Show(AuditRow row) => new()
    {
        AuditEvent = new AuditEvent
        {
            ApiVersion = ResourceKinds.ApiVersion,
            Kind = nameof(AuditEvent),
            Metadata = new ObjectMeta { Name = row.Id, Uid = row.Id, CreationTimestamp = Timestamp.FromDateTimeOffset(row.Time) },
            Time = Timestamp.FromDateTimeOffset(row.Time),
            Actor = row.Actor,
            Action = row.Action,
            Target = row.Target,
            Message = row.ClusterCount > 1 ? $"{row.Message} ({row.ClusterCount} clusters: {string.Join(", ", row.Clusters.Take(10))}{(row.ClusterCount > 10 ? ", …" : "")})".Trim() : row.Message,
        },
    };
}
