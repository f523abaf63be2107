using Fleet.Hub.Api.Views;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.V1;

namespace Fleet.Hub.Api.Calls;

/// <summary>What a watch looks at.</summary>
internal sealed class WatchScope(IResourceView view, ViewFilter filter, LabelSelector? selector, string name)
{
    // A log has no end to begin a watch from but its newest part.
    private const int MaxAuditEvents = 500;

    public ResourceKind Kind => view.Kind;

    /// <summary>Kinds whose state changes without a write of their own.</summary>
    public bool IsComputed => view.Kind is ResourceKind.Cluster or ResourceKind.ClusterAssignment;

    private bool IsFiltered => filter.Cluster.Length > 0 || filter.Assignment.Length > 0;

    /// <summary>All that is in the scope now.</summary>
    public async Task<IReadOnlyList<Resource>> ReadAsync(Transaction tx, CancellationToken cancellationToken)
    {
        if (name.Length > 0)
        {
            return await view.GetAsync(tx, name, cancellationToken).ConfigureAwait(false) is { } one && Matches(one) ? [one] : [];
        }

        if (view.Kind == ResourceKind.AuditEvent)
        {
            return [.. (await view.PageAsync(tx, filter, "", MaxAuditEvents, cancellationToken).ConfigureAwait(false)).Select(s => s.Resource).Reverse()];
        }

        var all = new List<Resource>();
        await foreach (var shown in ListCall.WalkAsync(view, tx, filter, selector, "", cancellationToken).ConfigureAwait(false))
        {
            all.Add(shown.Resource);
        }

        return all;
    }

    /// <summary>One resource, when it is there and in the scope.</summary>
    public async Task<Resource?> ReadOneAsync(Transaction tx, string wanted, CancellationToken cancellationToken)
    {
        if (name.Length > 0 && name != wanted)
        {
            return null;
        }

        // Holds and audit events are filtered by what they are about, which their view alone can tell.
        if (IsFiltered)
        {
            return (await ReadAsync(tx, cancellationToken).ConfigureAwait(false)).FirstOrDefault(r => ResourceMessages.Metadata(r).Name == wanted);
        }

        return await view.GetAsync(tx, wanted, cancellationToken).ConfigureAwait(false) is { } one && Matches(one) ? one : null;
    }

    private bool Matches(Resource resource) =>
        selector is null || LabelSelectors.Matches(selector, (IDictionary<string, string>)ResourceMessages.Metadata(resource).Labels);
}
