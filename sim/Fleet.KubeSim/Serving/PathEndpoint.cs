using Fleet.KubeSim.Discovery;
using Fleet.KubeSim.Hosting;

namespace Fleet.KubeSim.Serving;

/// <summary>Everything that is no resource: health, version, discovery, schemas.</summary>
internal sealed class PathEndpoint(ClusterState cluster)
{
    private const string PageNotFound = "404 page not found\n";
    private readonly DiscoveryDocuments _discovery = new(cluster.Registry);
    private readonly OpenApiDocuments _schemas = new(cluster.Registry);

    public Task ServeAsync(HttpContext http, ApiRequest request)
    {
        var path = request.Path.TrimEnd('/');
        if (request.Method is not ("GET" or "HEAD"))
        {
            return AnswerWriter.WriteTextAsync(http, 404, PageNotFound);
        }

        switch (path)
        {
            case "/healthz" or "/livez" or "/readyz" or "/healthz/ping" or "/readyz/ping" or "/livez/ping":
                return AnswerWriter.WriteTextAsync(http, 200, "ok");
            case "/version":
                return AnswerWriter.WriteJsonAsync(http, 200, ServerVersion.Document());
            case "/metrics":
                return AnswerWriter.WriteTextAsync(http, 200, "");
            case "/openapi/v3" when _schemas.Index() is var index:
                return AnswerWriter.WriteJsonAsync(http, 200, index);
        }

        if (path.StartsWith("/openapi/v3/", StringComparison.Ordinal))
        {
            return _schemas.Document(path["/openapi/v3/".Length..]) is { } document
                ? AnswerWriter.WriteJsonAsync(http, 200, document)
                : AnswerWriter.WriteTextAsync(http, 404, PageNotFound);
        }

        return ServeDiscovery(http, path);
    }

    private Task ServeDiscovery(HttpContext http, string path)
    {
        var parts = path.TrimStart('/').Split('/');
        if (parts[0] is not ("api" or "apis") || parts.Length > 3)
        {
            return AnswerWriter.WriteTextAsync(http, 404, PageNotFound);
        }

        var representation = Representation.Negotiate(http.Request.Headers.Accept.ToString(), discovery: parts.Length == 1) ?? throw Representation.NotAcceptable(http.Request.Headers.Accept.ToString());
        var found = (parts, representation.Transform) switch
        {
            (["api"], Transform.Discovery) => _discovery.AggregatedCore(representation.Version),
            (["apis"], Transform.Discovery) => _discovery.AggregatedGroups(representation.Version),
            (["api"], _) => _discovery.CoreVersions(http.Request.Host.Value ?? ""),
            (["apis"], _) => _discovery.Groups(),
            (["api", var version], _) => _discovery.Resources("", version),
            (["apis", var group], _) => _discovery.Group(group),
            (["apis", var group, var version], _) => _discovery.Resources(group, version),
            _ => null,
        };
        if (found is not null)
        {
            return AnswerWriter.WriteJsonAsync(http, 200, found, representation.ContentType);
        }

        // The server's own groups answer an unknown version themselves; nobody answers for an unknown group.
        return parts.Length == 3 && cluster.Registry.Current.BuiltInGroups.Contains(parts[1])
            ? throw ApiException.UnknownResource()
            : AnswerWriter.WriteTextAsync(http, 404, PageNotFound);
    }
}
