using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Resources;

namespace Fleet.Hub.Work;

/// <summary>Reads all resources of a kind, page by page.</summary>
internal static class ResourcePages
{
    private const int Page = 1_000;

    public static async Task<IReadOnlyList<StoredResource>> AllAsync(ResourceStore resources, Transaction transaction, string kind, CancellationToken cancellationToken)
    {
        var all = new List<StoredResource>();
        while (true)
        {
            var page = await resources.ListAsync(transaction, kind, all.Count == 0 ? "" : all[^1].Name, Page, cancellationToken).ConfigureAwait(false);
            all.AddRange(page);
            if (page.Count < Page)
            {
                return all;
            }
        }
    }
}
