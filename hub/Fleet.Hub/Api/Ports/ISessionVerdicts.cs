namespace Fleet.Hub.Api.Ports;

/// <summary>Ends live sessions of identities that are no longer good, wherever in the hub they are held.</summary>
public interface ISessionVerdicts
{
    /// <summary>Called after the revocation is stored.</summary>
    Task RevokedAsync(string clusterId, CancellationToken cancellationToken);
}
