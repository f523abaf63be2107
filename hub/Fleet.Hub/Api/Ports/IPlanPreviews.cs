using Fleet.Hub.Access;
using Fleet.V1;

namespace Fleet.Hub.Api.Ports;

/// <summary>Asks connected agents what Assignments would change.</summary>
public interface IPlanPreviews
{
    /// <summary>Previews Assignments that were checked already: as given, or as stored.</summary>
    /// <param name="assignments">Defaulted and valid. Those out of files carry no uid when they are new.</param>
    /// <param name="request">Which clusters and which ref.</param>
    /// <param name="caller">For the audit.</param>
    /// <param name="cancellationToken">Ends the wait for agents.</param>
    Task<DiffResponse> PreviewAsync(IReadOnlyList<Assignment> assignments, DiffRequest request, Caller caller, CancellationToken cancellationToken);
}
