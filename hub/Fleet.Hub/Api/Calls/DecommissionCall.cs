using Fleet.Hub.Access;
using Fleet.Hub.Api.Ports;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.V1;

namespace Fleet.Hub.Api.Calls;

/// <summary>DecommissionCluster: says first what it would do, and needs the name again.</summary>
internal sealed class DecommissionCall(FleetDatabase database, FleetStores stores, RemovalCounts counts, IDecommissions decommissions)
{
    private static readonly string[] Policies = ["keep", "delete"];

    public async Task<DecommissionClusterResponse> DecommissionAsync(DecommissionClusterRequest request, Caller caller, CancellationToken cancellationToken)
    {
        if (request.Policy.Length > 0 && !Policies.Contains(request.Policy))
        {
            throw Refusals.Invalid($"{Quoting.Quote(request.Policy)} is not a policy: write {Quoting.Choices(Policies)}.");
        }

        if (request.Force && request.Policy == "delete")
        {
            throw Refusals.Invalid("With force nothing is asked of the agent, so nothing can be deleted: leave out either the policy or force.");
        }

        var (assignments, objects) = await database.ReadAsync(
            async (tx, cancel) =>
            {
                var cluster = await stores.Clusters.GetByNameAsync(tx, request.Name, cancel).ConfigureAwait(false) ?? throw GetCall.Missing(ResourceKind.Cluster, request.Name);
                return await counts.OfClusterAsync(tx, cluster.Id, cancel).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        if (request.Confirm != request.Name)
        {
            throw Refusals.Precondition("CONFIRM", request.Force
                ? $"Decommissioning cluster {request.Name} by force ends its identity now; nothing is asked of its agent, and the {objects} objects of its {assignments} Assignments stay behind with Fleet's labels. Confirm by its name."
                : request.Policy == "delete"
                    ? $"Decommissioning cluster {request.Name} deletes the {objects} objects of its {assignments} Assignments from it, and then ends its identity. Confirm by its name; policy keep leaves them there."
                    : $"Decommissioning cluster {request.Name} lets go of its {assignments} Assignments: their {objects} objects stay, unmanaged and without Fleet's labels; then its identity ends. Confirm by its name.");
        }

        return await decommissions.DecommissionAsync(request, objects, caller, cancellationToken).ConfigureAwait(false) ?? throw GetCall.Missing(ResourceKind.Cluster, request.Name);
    }
}
