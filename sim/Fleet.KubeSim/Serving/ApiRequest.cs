using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Fleet.KubeSim.Serving;

/// <summary>What a URL and a method mean, read as the API server reads them.</summary>
internal sealed record ApiRequest
{
    public required string Method { get; init; }

    public required string Path { get; init; }

    public required IReadOnlyDictionary<string, StringValues> Query { get; init; }

    /// <summary>get, list, watch, create, update, patch, delete, deletecollection; the lower-case method for paths that are no resource.</summary>
    public required string Verb { get; init; }

    public bool IsResource { get; init; }

    public string Group { get; init; } = "";

    public string Version { get; init; } = "";

    public string Namespace { get; init; } = "";

    public string Resource { get; init; } = "";

    public string Name { get; init; } = "";

    public string Subresource { get; init; } = "";

    /// <summary>Path parts after the subresource; no served path has them.</summary>
    public bool HasExtraParts { get; init; }

    public string this[string parameter] => Query.TryGetValue(parameter, out var values) && values.Count > 0 ? values[0] ?? "" : "";

    public bool Flag(string parameter) => Query.TryGetValue(parameter, out var values) && values.Count > 0 && values[0] != "0" && !"false".Equals(values[0], StringComparison.OrdinalIgnoreCase);

    public static ApiRequest Parse(string method, string path, string query)
    {
        var parameters = QueryHelpers.ParseQuery(query);
        var request = new ApiRequest
        {
            Method = method,
            Path = path,
            Query = parameters,
            Verb = method.ToLowerInvariant(),
        };
        var parts = path.Trim('/').Split('/');
        var core = parts[0] == "api";
        var prefix = core ? 2 : 3;
        if (!(core || parts[0] == "apis") || parts.Length <= prefix)
        {
            return request;
        }

        request = request with { IsResource = true, Group = core ? "" : parts[1], Version = parts[prefix - 1] };
        var rest = parts.AsSpan(prefix);
        // The watch paths of old: /api/v1/watch/namespaces/NAMESPACE/RESOURCE[/NAME].
        var watches = rest[0] == "watch" && rest.Length > 1;
        if (watches)
        {
            rest = rest[1..];
        }

        if (rest[0] == "namespaces" && rest.Length >= 2)
        {
            request = request with { Namespace = rest[1] };
            // A third part after the namespace's name is a resource in it, save for the namespace's own subresources.
            if (rest.Length > 2 && rest[2] is not ("status" or "finalize"))
            {
                rest = rest[2..];
            }
            else if (core)
            {
                request = request with { Namespace = rest[1] };
            }
        }

        request = request with
        {
            Resource = rest[0],
            Name = rest.Length > 1 ? Uri.UnescapeDataString(rest[1]) : "",
            Subresource = rest.Length > 2 ? rest[2] : "",
            HasExtraParts = rest.Length > 3,
        };
        return request with { Verb = watches && method is "GET" or "HEAD" ? "watch" : VerbOf(request) };
    }

    private static string VerbOf(ApiRequest request) => request.Method switch
    {
        // With a name it is a get, whatever the parameter watch says: one object is watched by a field selector.
        "GET" or "HEAD" when request.Name.Length > 0 => "get",
        "GET" or "HEAD" => request.Flag("watch") ? "watch" : "list",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => request.Name.Length > 0 ? "delete" : "deletecollection",
        _ => request.Method.ToLowerInvariant(),
    };
}
