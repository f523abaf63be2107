using Fleet.Hub.Access;
using Fleet.V1;

namespace Fleet.Hub.Api.Ports;

/// <summary>Settles what waits for an operator.</summary>
public interface IHoldReleases
{
    /// <summary>Lets held removals go on, or refuses them; null: there is no such hold.</summary>
    Task<ReleaseHoldResponse?> ReleaseHoldAsync(ReleaseHoldRequest request, Caller caller, CancellationToken cancellationToken);

    /// <summary>Settles a Fork or a clone; null: there is no such incident.</summary>
    Task<Incident?> ReleaseIncidentAsync(ReleaseIncidentRequest request, Caller caller, CancellationToken cancellationToken);
}
