using Fleet.Hub.Access;
using Fleet.Hub.Api.Views;
using Fleet.Hub.Audit;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Enrollment;
using Fleet.Hub.Storage;
using Fleet.V1;

namespace Fleet.Hub.Api.Calls;

/// <summary>Delete. What takes objects or an identity away needs the name again, and says first what would go.</summary>
internal sealed class DeleteCall(
    FleetDatabase database, FleetStores stores, ResourceViews views, RevocationJournal journal, RemovalCounts counts, ApiChanges changes, AuditWrites audit, TimeProvider clock)
{
    /// <summary>Annotation of an Assignment's stored body: what to do with its objects, for who carries the deletion out.</summary>
    public const string PolicyAnnotation = "fleet/removal-policy";

    private const int Page = 500;
    private static readonly string[] Policies = ["delete", "keep"];

    public async Task<DeleteResponse> DeleteAsync(DeleteRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var kind = views.Of(request.Kind).Kind;
        if (request.Policy.Length > 0 && (kind != ResourceKind.Assignment || !Policies.Contains(request.Policy)))
        {
            throw Refusals.Invalid(kind == ResourceKind.Assignment ? $"{Quoting.Quote(request.Policy)} is not a policy: write {Quoting.Choices(Policies)}." : $"A {kind} is deleted without a policy: remove it.");
        }

        return kind switch
        {
            ResourceKind.Assignment => await database.WriteAsync((tx, cancel) => AssignmentAsync(tx, request, caller, cancel), cancellationToken).ConfigureAwait(false),
            ResourceKind.GitSource or ResourceKind.ClusterGroup => await database.WriteAsync((tx, cancel) => UnusedAsync(tx, kind, request, caller, cancel), cancellationToken).ConfigureAwait(false),
            ResourceKind.Cluster => await ClusterAsync(request, caller, cancellationToken).ConfigureAwait(false),
            ResourceKind.EnrollmentToken => throw Refusals.Precondition("NOT_DELETABLE", $"Tokens are kept for the audit log: revoke it with fleetctl token revoke {Quoting.Shorten(request.Name, 63)}."),
            _ => throw Refusals.Precondition("NOT_DELETABLE", $"A {kind} is made by the hub and cannot be deleted."),
        };
    }

    private async Task<DeleteResponse> AssignmentAsync(Transaction tx, DeleteRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var row = await stores.Resources.LockAsync(tx, nameof(Assignment), request.Name, cancellationToken).ConfigureAwait(false) ?? throw GetCall.Missing(ResourceKind.Assignment, request.Name);
        var (clusters, objects) = await counts.OfAssignmentAsync(tx, row.Uid, cancellationToken).ConfigureAwait(false);
        var keep = request.Policy == "keep";
        if (request.Confirm != request.Name)
        {
            throw Refusals.Precondition("CONFIRM", keep
                ? $"Deleting Assignment {row.Name} with policy keep leaves its {objects} objects in {clusters} clusters, unmanaged. Confirm by its name."
                : $"Deleting Assignment {row.Name} removes its {objects} objects from {clusters} clusters. Confirm by its name; policy keep leaves them there.");
        }

        if (row.DeletedAt is null)
        {
            var resource = DeclaredRows.Read(row);
            resource.Assignment.Metadata.Annotations[PolicyAnnotation] = keep ? "keep" : "delete";
            await stores.Resources.MarkDeletedAsync(tx, row with { Body = DeclaredRows.Body(resource) }, clock.GetUtcNow(), cancellationToken).ConfigureAwait(false);
            await audit.AddAsync(tx, caller, "assignment.delete", $"Assignment/{row.Name}", $"policy {(keep ? "keep" : "delete")}, {objects} objects in {clusters} clusters", row.Uid, [], cancellationToken).ConfigureAwait(false);
        }

        await changes.RaiseAsync(tx, row, cancellationToken).ConfigureAwait(false);
        return new DeleteResponse
        {
            Objects = objects,
            Clusters = clusters,
            Message = $"Assignment {row.Name} is being deleted: {(keep ? "its objects stay" : $"{objects} objects go")} in {clusters} clusters. It is gone once all of them have acknowledged.",
        };
    }

    private async Task<DeleteResponse> UnusedAsync(Transaction tx, ResourceKind kind, DeleteRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var row = await stores.Resources.LockAsync(tx, kind.ToString(), request.Name, cancellationToken).ConfigureAwait(false) ?? throw GetCall.Missing(kind, request.Name);
        var users = await UsersAsync(tx, kind, request.Name, cancellationToken).ConfigureAwait(false);
        if (users.Count > 0)
        {
            throw Refusals.Precondition("IN_USE", $"{kind} {row.Name} is used by Assignment {string.Join(", ", users.Take(10))}{(users.Count > 10 ? ", …" : "")}: change or delete those first. Nothing was removed.");
        }

        await stores.Resources.RemoveAsync(tx, row, cancellationToken).ConfigureAwait(false);
        await audit.AddAsync(tx, caller, $"{kind.ToString().ToLowerInvariant()}.delete", $"{kind}/{row.Name}", "", cancellationToken).ConfigureAwait(false);
        await changes.RaiseAsync(tx, row, cancellationToken).ConfigureAwait(false);
        if (kind == ResourceKind.GitSource)
        {
            // An Assignment that was applied at this very moment is to say at once that its source is gone.
            await changes.RaiseMembershipAsync(tx, cancellationToken).ConfigureAwait(false);
        }

        return new DeleteResponse { Message = $"{kind} {row.Name} is deleted." };
    }

    private async Task<IReadOnlyList<string>> UsersAsync(Transaction tx, ResourceKind kind, string name, CancellationToken cancellationToken)
    {
        var users = new List<string>();
        for (var after = ""; ;)
        {
            var rows = await stores.Resources.ListAsync(tx, nameof(Assignment), after, Page, cancellationToken).ConfigureAwait(false);
            users.AddRange(rows.Where(r => References.Of(DeclaredRows.Read(r)).Any(reference => reference.Kind == kind && reference.Name == name)).Select(r => r.Name));
            if (rows.Count < Page)
            {
                return users;
            }

            after = rows[^1].Name;
        }
    }

    private async Task<DeleteResponse> ClusterAsync(DeleteRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var (found, assignments, objects) = await database.ReadAsync(
            async (tx, cancel) =>
            {
                var cluster = await stores.Clusters.GetByNameAsync(tx, request.Name, cancel).ConfigureAwait(false) ?? throw GetCall.Missing(ResourceKind.Cluster, request.Name);
                var (count, sum) = await counts.OfClusterAsync(tx, cluster.Id, cancel).ConfigureAwait(false);
                return (cluster, count, sum);
            },
            cancellationToken).ConfigureAwait(false);
        if (request.Confirm != request.Name)
        {
            throw Refusals.Precondition("CONFIRM", $"Removing cluster {found.Name} ends its identity and its {assignments} Assignments; the {objects} objects in it stay and are no longer looked after. Confirm by its name.");
        }

        // Outside the database first, so that a restore from before this cannot bring the identity back.
        journal.Add(Guid.ParseExact(found.Id, "D"), clock.GetUtcNow());
        await database.WriteAsync(
            async (tx, cancel) =>
            {
                await stores.Sync.FenceOffAsync(tx, found.Id, "", clock.GetUtcNow(), cancel).ConfigureAwait(false);
                await stores.Revocations.AddAsync(tx, [found.Id], clock.GetUtcNow(), cancel).ConfigureAwait(false);
                await stores.Clusters.RemoveAsync(tx, found.Id, cancel).ConfigureAwait(false);
                await audit.AddAsync(tx, caller, "cluster.remove", found, $"{objects} objects were left in it", cancel).ConfigureAwait(false);
                await changes.RaiseMembershipAsync(tx, cancel).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return new DeleteResponse { Objects = 0, Clusters = 1, Message = $"Cluster {found.Name} is removed. Its {objects} objects stay in it; uninstall its agent, which is refused from now on." };
    }
}
