using Fleet.Hub.Access;
using Fleet.Hub.Api.Decoding;
using Fleet.Hub.Api.Ports;
using Fleet.Hub.Api.Views;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.Hub.Api.Calls;

/// <summary>The calls that other rooms carry out: they are checked here and handed on.</summary>
internal sealed class SettleCalls(
    FleetDatabase database, FleetStores stores, ReferenceChecks references,
    IPlanPreviews? previews = null, ISyncRequests? syncs = null, IHoldReleases? holds = null)
{
    public async Task<DiffResponse> DiffAsync(DiffRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var port = previews ?? throw Missing("Diff");
        var violations = new ViolationList();
        var items = request.Files.Count == 0 ? [] : ApplyReader.Read(request.Files, [], violations);
        var assignments = await database.ReadAsync(
            async (tx, cancel) =>
            {
                await references.CheckAsync(tx, items, violations, cancel).ConfigureAwait(false);
                var found = items.Where(i => i.Kind == ResourceKind.Assignment).Select(i => i.Resource.Assignment).ToList();
                foreach (var assignment in found)
                {
                    assignment.Metadata.Uid = (await stores.Resources.GetAsync(tx, nameof(Assignment), assignment.Metadata.Name, cancel).ConfigureAwait(false))?.Uid ?? "";
                }

                foreach (var name in request.Assignments)
                {
                    var row = await stores.Resources.GetAsync(tx, nameof(Assignment), name, cancel).ConfigureAwait(false) ?? throw GetCall.Missing(ResourceKind.Assignment, name);
                    found.Add(DeclaredRows.Read(row).Assignment);
                }

                return found;
            },
            cancellationToken).ConfigureAwait(false);
        return violations.Any ? throw Refusals.Violations(violations.Found)
            : assignments.Count == 0 ? throw Refusals.Invalid("There is no Assignment to compare: name one, or give a file with one.")
            : await port.PreviewAsync(assignments, request, caller, cancellationToken).ConfigureAwait(false);
    }

    public async Task<SyncResponse> SyncAsync(SyncRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var port = syncs ?? throw Missing("Sync");
        if (request.Cluster.Length + request.Assignment.Length + request.Source.Length == 0)
        {
            throw Refusals.Invalid("Name what to sync: a cluster, an assignment or a source.");
        }

        await database.ReadAsync(
            async (tx, cancel) =>
            {
                await NeedAsync(tx, ResourceKind.Assignment, request.Assignment, cancel).ConfigureAwait(false);
                await NeedAsync(tx, ResourceKind.GitSource, request.Source, cancel).ConfigureAwait(false);
                return request.Cluster.Length == 0 || await stores.Clusters.GetByNameAsync(tx, request.Cluster, cancel).ConfigureAwait(false) is not null
                    ? true
                    : throw GetCall.Missing(ResourceKind.Cluster, request.Cluster);
            },
            cancellationToken).ConfigureAwait(false);
        return await port.SyncAsync(request, caller, cancellationToken).ConfigureAwait(false);
    }

    public async Task<ReleaseHoldResponse> ReleaseHoldAsync(ReleaseHoldRequest request, Caller caller, CancellationToken cancellationToken) =>
        await (holds ?? throw Missing("ReleaseHold")).ReleaseHoldAsync(request, caller, cancellationToken).ConfigureAwait(false)
        ?? throw GetCall.Missing(ResourceKind.Hold, request.Name);

    public async Task<Incident> ReleaseIncidentAsync(ReleaseIncidentRequest request, Caller caller, CancellationToken cancellationToken) =>
        await (holds ?? throw Missing("ReleaseIncident")).ReleaseIncidentAsync(request, caller, cancellationToken).ConfigureAwait(false)
        ?? throw GetCall.Missing(ResourceKind.Incident, request.Name);

    private async Task NeedAsync(Transaction tx, ResourceKind kind, string name, CancellationToken cancellationToken)
    {
        if (name.Length > 0 && await stores.Resources.GetAsync(tx, kind.ToString(), name, cancellationToken).ConfigureAwait(false) is null)
        {
            throw GetCall.Missing(kind, name);
        }
    }

    private static RpcException Missing(string call) =>
        Refusals.Make(StatusCode.Unimplemented, "NOT_SERVED", $"{call} is not served by this hub node: it runs without the part that carries it out.");
}
