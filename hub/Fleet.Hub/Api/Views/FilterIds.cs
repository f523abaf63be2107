using Fleet.Hub.Storage;
using Fleet.V1;

namespace Fleet.Hub.Api.Views;

/// <summary>Turns the names of a filter into ids.</summary>
internal static class FilterIds
{
    /// <summary>Ids of what the filter names (empty: any); Found is false when it names something that does not exist.</summary>
    public static async Task<(bool Found, string Cluster, string Assignment)> ResolveAsync(
        FleetStores stores, Transaction tx, ViewFilter filter, CancellationToken cancellationToken)
    {
        var cluster = filter.Cluster.Length == 0 ? "" : (await stores.Clusters.GetByNameAsync(tx, filter.Cluster, cancellationToken).ConfigureAwait(false))?.Id;
        var assignment = filter.Assignment.Length == 0 ? "" : (await stores.Resources.GetAsync(tx, nameof(Assignment), filter.Assignment, cancellationToken).ConfigureAwait(false))?.Uid;
        return (cluster is not null && assignment is not null, cluster ?? "", assignment ?? "");
    }
}
