namespace Fleet.Hub.Enrollment;

/// <summary>How the hub is reached; known once its listeners are bound.</summary>
public sealed class HubAddresses
{
    private Uri? _api;
    private Uri? _agents;

    /// <summary>Operator API and enrollment.</summary>
    public Uri Api => _api ?? throw new InvalidOperationException("The listeners are not bound yet.");

    /// <summary>Sessions and content.</summary>
    public Uri Agents => _agents ?? throw new InvalidOperationException("The listeners are not bound yet.");

    internal void Set(Uri api, Uri agents) => (_api, _agents) = (api, agents);
}
