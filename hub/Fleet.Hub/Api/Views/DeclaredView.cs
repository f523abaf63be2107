using Fleet.Hub.Core.Assignments;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Resources;
using Fleet.Hub.Storage.Sources;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Api.Views;

/// <summary>GitSource, ClusterGroup and Assignment: the declared body, and the status that its controller wrote.</summary>
internal sealed class DeclaredView(ResourceKind kind, ResourceStore resources, SourceStateStore sources, TimeProvider clock) : IResourceView
{
    public ResourceKind Kind => kind;

    public async Task<Resource?> GetAsync(Transaction tx, string name, CancellationToken cancellationToken)
    {
        var row = await resources.GetAsync(tx, kind.ToString(), name, cancellationToken).ConfigureAwait(false);
        return row is null ? null : await PolledAsync(tx, Show(row, await resources.GetStatusAsync(tx, row.Uid, cancellationToken).ConfigureAwait(false)), cancellationToken).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<Shown>> PageAsync(Transaction tx, ViewFilter filter, string after, int limit, CancellationToken cancellationToken)
    {
        var rows = await resources.ListAsync(tx, kind.ToString(), after, limit, cancellationToken).ConfigureAwait(false);
        var statuses = (await resources.StatusesAsync(tx, rows.Select(r => r.Uid), cancellationToken).ConfigureAwait(false)).ToDictionary(s => s.Uid, s => s.Body, StringComparer.Ordinal);
        var shown = new List<Shown>(rows.Count);
        foreach (var row in rows)
        {
            shown.Add(new Shown(row.Name, await PolledAsync(tx, Show(row, statuses.GetValueOrDefault(row.Uid)), cancellationToken).ConfigureAwait(false)));
        }

        return shown;
    }

    /// <summary>Polls change nothing that is declared or decided, so they are kept beside the status and put in when it is shown.</summary>
    private async Task<Resource> PolledAsync(Transaction tx, Resource resource, CancellationToken cancellationToken)
    {
        if (resource.KindCase == Resource.KindOneofCase.GitSource
            && await sources.GetAsync(tx, resource.GitSource.Metadata.Uid, cancellationToken).ConfigureAwait(false) is { } polled)
        {
            var status = resource.GitSource.Status;
            status.LastPollTime = polled.LastPoll is { } last ? Timestamp.FromDateTimeOffset(last) : null;
            status.NextPollTime = polled.NextPoll is { } next ? Timestamp.FromDateTimeOffset(next) : null;
            status.Failures = (int)Math.Min(polled.Failures, int.MaxValue);
        }

        return resource;
    }

    private Resource Show(StoredResource row, byte[]? status)
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
                if (Suspension.Of(resource.Assignment.Spec ?? new AssignmentSpec(), clock.GetUtcNow()) is { } suspension)
                {
                    resource.Assignment.Status.Conditions.Add(Suspended(suspension));
                }

                break;
        }

        return resource;
    }

    internal static Condition Suspended(Suspension suspension) => new() { Type = "Suspended", Status = "True", Reason = "Operator", Message = suspension.Describe() };

    private static Condition NotYet(string reason, string message) => new() { Type = "Ready", Status = "Unknown", Reason = reason, Message = message };
}
