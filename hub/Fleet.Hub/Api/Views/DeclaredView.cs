using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Resources;
using Fleet.V1;

namespace Fleet.Hub.Api.Views;

/// <summary>GitSource, ClusterGroup and Assignment: the declared body, and the status that its controller wrote.</summary>
internal sealed class DeclaredView(ResourceKind kind, ResourceStore resources) : IResourceView
{
    public ResourceKind Kind => kind;

    public async Task<Resource?> GetAsync(Transaction tx, string name, CancellationToken cancellationToken)
    {
        var row = await resources.GetAsync(tx, kind.ToString(), name, cancellationToken).ConfigureAwait(false);
        return row is null ? null : Show(row, await resources.GetStatusAsync(tx, row.Uid, cancellationToken).ConfigureAwait(false));
    }

    public async Task<IReadOnlyList<Shown>> PageAsync(Transaction tx, ViewFilter filter, string after, int limit, CancellationToken cancellationToken)
    {
        var rows = await resources.ListAsync(tx, kind.ToString(), after, limit, cancellationToken).ConfigureAwait(false);
        var statuses = (await resources.StatusesAsync(tx, rows.Select(r => r.Uid), cancellationToken).ConfigureAwait(false)).ToDictionary(s => s.Uid, s => s.Body, StringComparer.Ordinal);
        return [.. rows.Select(row => new Shown(row.Name, Show(row, statuses.GetValueOrDefault(row.Uid))))];
    }

    private static Resource Show(StoredResource row, byte[]? status)
    {
        var resource = DeclaredRows.Read(row);
        switch (resource.KindCase)
        {
            case Resource.KindOneofCase.GitSource:
                resource.GitSource.Status = status is null ? new GitSourceStatus { Conditions = { NotYet("NotPolledYet", "The hub has not asked the repository yet.") } } : GitSourceStatus.Parser.ParseFrom(status);
                break;
            case Resource.KindOneofCase.ClusterGroup:
                resource.ClusterGroup.Status = status is null ? new ClusterGroupStatus() : ClusterGroupStatus.Parser.ParseFrom(status);
                break;
            case Resource.KindOneofCase.Assignment:
                resource.Assignment.Status = status is null ? new AssignmentStatus { Conditions = { NotYet("NotResolvedYet", "The hub has not resolved the Assignment to a commit and clusters yet.") } } : AssignmentStatus.Parser.ParseFrom(status);
                break;
        }

        return resource;
    }

    private static Condition NotYet(string reason, string message) => new() { Type = "Ready", Status = "Unknown", Reason = reason, Message = message };
}
