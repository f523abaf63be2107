using Fleet.Hub.Access;
using Fleet.V1;

namespace Fleet.Hub.Api.Ports;

/// <summary>Takes clusters out of the fleet.</summary>
public interface IDecommissions
{
    /// <summary>Begins, or with force ends at once; null: there is no such cluster. Its confirmation was checked.</summary>
    Task<DecommissionClusterResponse?> DecommissionAsync(DecommissionClusterRequest request, int objects, Caller caller, CancellationToken cancellationToken);
}
