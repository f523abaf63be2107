using Fleet.KubeSim.Serving;

namespace Fleet.KubeSim.Access;

/// <summary>What someone wants to do, in the terms that RBAC rules speak of.</summary>
internal sealed record AccessAttributes
{
    public required string Verb { get; init; }

    public string Group { get; init; } = "";

    public string Resource { get; init; } = "";

    public string Subresource { get; init; } = "";

    public string Namespace { get; init; } = "";

    public string Name { get; init; } = "";

    /// <summary>Set for paths that are no resource.</summary>
    public string Path { get; init; } = "";

    public bool IsResource => Path.Length == 0;

    public string FullResource => Subresource.Length == 0 ? Resource : $"{Resource}/{Subresource}";

    public static AccessAttributes Of(ApiRequest request)
    {
        if (!request.IsResource)
        {
            return new AccessAttributes { Verb = request.Verb, Path = request.Path };
        }

        // A list of exactly one name is allowed by a rule with that resourceName.
        var name = request.Name;
        if (name.Length == 0 && request.Verb is "list" or "watch" && request["fieldSelector"] is { Length: > 0 } selector)
        {
            name = Selectors.FieldSelector.Parse(selector, out _)?.Exact("metadata.name") ?? "";
        }

        return new AccessAttributes
        {
            Verb = request.Verb,
            Group = request.Group,
            Resource = request.Resource,
            Subresource = request.Subresource,
            Namespace = request.Namespace,
            Name = name,
        };
    }

    /// <summary>The refusal in the server's words.</summary>
    public ApiException Refuse(KubeUser user)
    {
        if (!IsResource)
        {
            return new ApiException(403, "Forbidden", $"forbidden: User \"{user.Name}\" cannot {Verb} path \"{Path}\"", []);
        }

        var where = Namespace.Length > 0 ? $"in the namespace \"{Namespace}\"" : "at the cluster scope";
        return ApiException.Forbidden(
            Group,
            Resource,
            Name,
            $"User \"{user.Name}\" cannot {Verb} resource \"{FullResource}\" in API group \"{Group}\" {where}");
    }
}
