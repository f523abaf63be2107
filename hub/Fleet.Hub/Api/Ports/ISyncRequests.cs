using Fleet.Hub.Access;
using Fleet.V1;

namespace Fleet.Hub.Api.Ports;

/// <summary>Hurries what would happen anyway.</summary>
public interface ISyncRequests
{
    /// <summary>Asks agents to reconcile, or the hub to poll a source, now. Names were checked to exist.</summary>
    Task<SyncResponse> SyncAsync(SyncRequest request, Caller caller, CancellationToken cancellationToken);
}
