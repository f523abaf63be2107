using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Holds;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Api.Views;

/// <summary>Incident: what an operator must settle, and what was settled.</summary>
internal sealed class IncidentView(IncidentStore incidents) : IResourceView
{
    public ResourceKind Kind => ResourceKind.Incident;

    public async Task<Resource?> GetAsync(Transaction tx, string name, CancellationToken cancellationToken) =>
        await incidents.GetByNameAsync(tx, name, cancellationToken).ConfigureAwait(false) is { } row ? new Resource { Incident = Show(row) } : null;

    public async Task<IReadOnlyList<Shown>> PageAsync(Transaction tx, ViewFilter filter, string after, int limit, CancellationToken cancellationToken) =>
        [.. (await incidents.ListAsync(tx, openOnly: false, after, limit, cancellationToken).ConfigureAwait(false)).Select(row => new Shown(row.Name, new Resource { Incident = Show(row) }))];

    internal static Incident Show(StoredIncident row) => new()
    {
        ApiVersion = ResourceKinds.ApiVersion,
        Kind = nameof(Incident),
        Metadata = new ObjectMeta { Name = row.Name, Uid = row.Id, CreationTimestamp = Timestamp.FromDateTimeOffset(row.Since) },
        Reason = row.Reason,
        Message = row.Message,
        Clusters = { row.Clusters },
        Since = Timestamp.FromDateTimeOffset(row.Since),
        ReleasedTime = row.ReleasedAt is { } released ? Timestamp.FromDateTimeOffset(released) : null,
    };
}
