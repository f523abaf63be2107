using Fleet.Hub.Api.Views;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.V1;

namespace Fleet.Hub.Api.Calls;

/// <summary>Get.</summary>
internal sealed class GetCall(FleetDatabase database, ResourceViews views)
{
    public async Task<Resource> GetAsync(GetRequest request, CancellationToken cancellationToken)
    {
        var view = views.Of(request.Kind);
        return await database.ReadAsync((tx, cancel) => view.GetAsync(tx, request.Name, cancel), cancellationToken).ConfigureAwait(false)
            ?? throw Missing(view.Kind, request.Name);
    }

    /// <summary>NOT_FOUND in the same words everywhere.</summary>
    internal static Grpc.Core.RpcException Missing(ResourceKind kind, string name) =>
        Refusals.NotFound($"There is no {kind} {Quoting.Quote(name)}. See fleetctl get {ResourceKinds.Plural(kind)}.");
}
