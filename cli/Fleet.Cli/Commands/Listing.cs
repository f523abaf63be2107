using Fleet.Cli.Connection;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>Every page of a list.</summary>
internal static class Listing
{
    public static async Task<IReadOnlyList<Resource>> AllAsync(HubConnection hub, ListRequest request, int limit, CancellationToken cancellationToken)
    {
        var items = new List<Resource>();
        do
        {
            request.PageSize = limit > 0 ? Math.Min(limit - items.Count, 1000) : 1000;
            var page = await hub.Api.ListAsync(request, hub.Call(cancellationToken));
            items.AddRange(page.Items);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0 && (limit == 0 || items.Count < limit));
        return items;
    }

    public static Task<IReadOnlyList<Resource>> AllAsync(HubConnection hub, string kind, CancellationToken cancellationToken) =>
        AllAsync(hub, new ListRequest { Kind = kind }, 0, cancellationToken);
}
