namespace Fleet.Agent.Kube.Config;

/// <summary>Everything that is needed to talk to one API server: where it is, whom to trust, and who we are.</summary>
public sealed record ClusterAccess(Uri Server, ServerTrust Trust, ICredentialSource Credentials)
{
    /// <summary>The path part of the server's URL without a trailing slash (a proxy such as Rancher's serves API servers below one).</summary>
    public string PathPrefix { get; } = Server.AbsolutePath.TrimEnd('/');
    /// <summary>The name in the server's certificate, where it is not the URL's host.</summary>
    public string TlsServerName { get; init; } = "";
    public Uri? Proxy { get; init; }
    /// <summary>The context's namespace, or the pod's own.</summary>
    public string Namespace { get; init; } = "default";
}
