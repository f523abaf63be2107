namespace Fleet.Hub.Core.Enrollment;

/// <summary>The identity of a cluster's agent: <c>spiffe://TRUST-DOMAIN/cluster/UUID</c>.</summary>
/// <param name="TrustDomain">Chosen once, at the hub's first start.</param>
/// <param name="ClusterId">The hub's own id of the cluster; never its name, which could be given away again.</param>
public sealed record SpiffeId(string TrustDomain, Guid ClusterId)
{
    /// <summary>The URI, in its one form.</summary>
    public override string ToString() => $"spiffe://{TrustDomain}/cluster/{ClusterId:D}";

    /// <summary>Reads exactly that form; anything else (other case, other path, a query) is no identity.</summary>
    public static SpiffeId? Parse(string uri)
    {
        const string Scheme = "spiffe://";
        const string Middle = "/cluster/";
        if (uri.Length > 512 || !uri.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return null;
        }

        var slash = uri.IndexOf('/', Scheme.Length);
        if (slash < 0 || !uri.AsSpan(slash).StartsWith(Middle))
        {
            return null;
        }

        return Guid.TryParseExact(uri.AsSpan(slash + Middle.Length), "D", out var id)
            && new SpiffeId(uri[Scheme.Length..slash], id) is var parsed
            && parsed.ToString() == uri
            ? parsed
            : null;
    }
}
