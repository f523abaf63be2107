using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.V1;

namespace Fleet.Hub.Api.Views;

/// <summary>Shows one kind of resource: what is stored, with the status that follows from everything else.</summary>
internal interface IResourceView
{
    ResourceKind Kind { get; }

    /// <summary>One resource, or null.</summary>
    Task<Resource?> GetAsync(Transaction tx, string name, CancellationToken cancellationToken);

    /// <summary>Up to <paramref name="limit"/> resources after a cursor (empty: from the start), in a fixed order.</summary>
    Task<IReadOnlyList<Shown>> PageAsync(Transaction tx, ViewFilter filter, string after, int limit, CancellationToken cancellationToken);
}

/// <summary>A resource in a list, and the cursor behind it.</summary>
internal sealed record Shown(string Cursor, Resource Resource);

/// <summary>Narrows ClusterAssignments, Holds and AuditEvents to a cluster or an Assignment, by name; empty: any.</summary>
internal sealed record ViewFilter(string Cluster = "", string Assignment = "");
