using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Holds;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Api.Views;

/// <summary>Hold: removals that wait for an operator. Settled ones are history, and in the audit log.</summary>
internal sealed class HoldView(FleetStores stores) : IResourceView
{
    public ResourceKind Kind => ResourceKind.Hold;

    public async Task<Resource?> GetAsync(Transaction tx, string name, CancellationToken cancellationToken) =>
        await stores.Holds.GetByNameAsync(tx, name, cancellationToken).ConfigureAwait(false) is { SettledAt: null } row
            ? await ShowAsync(tx, row, cancellationToken).ConfigureAwait(false)
            : null;

    public async Task<IReadOnlyList<Shown>> PageAsync(Transaction tx, ViewFilter filter, string after, int limit, CancellationToken cancellationToken)
    {
        var (found, cluster, assignment) = await FilterIds.ResolveAsync(stores, tx, filter, cancellationToken).ConfigureAwait(false);
        if (!found)
        {
            return [];
        }

        var shown = new List<Shown>();
        foreach (var row in await stores.Holds.ListOpenAsync(tx, cluster, assignment, after, limit, cancellationToken).ConfigureAwait(false))
        {
            shown.Add(new Shown(row.Name, await ShowAsync(tx, row, cancellationToken).ConfigureAwait(false)));
        }

        return shown;
    }

    private async Task<Resource> ShowAsync(Transaction tx, StoredHold row, CancellationToken cancellationToken)
    {
        var cluster = row.Cluster.Length == 0 ? null : await stores.Clusters.GetAsync(tx, row.Cluster, cancellationToken).ConfigureAwait(false);
        var assignment = row.Assignment.Length == 0 ? null : await stores.Resources.GetByUidAsync(tx, row.Assignment, cancellationToken).ConfigureAwait(false);
        return new Resource
        {
            Hold = new Hold
            {
                ApiVersion = ResourceKinds.ApiVersion,
                Kind = nameof(Hold),
                Metadata = new ObjectMeta { Name = row.Name, Uid = row.Id, CreationTimestamp = Timestamp.FromDateTimeOffset(row.Since) },
                Spec = new HoldSpec
                {
                    Reason = row.Reason,
                    Message = row.Message,
                    Cluster = cluster?.Name ?? "",
                    Assignment = assignment?.Name ?? "",
                    Items = { row.Items },
                    Count = (int)row.ItemCount,
                    Since = Timestamp.FromDateTimeOffset(row.Since),
                },
            },
        };
    }
}
