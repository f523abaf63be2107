using Fleet.KubeSim.Schema;
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
    /// <param name="user">Who is refused.</param>
    /// <param name="reason">What the authorizer adds, such as a role that is missing.</param>
    public ApiException Refuse(KubeUser user, string reason = "")
    {
        var suffix = reason.Length > 0 ? $": {reason}" : "";
        var who = GoText.Quote(user.Name);
        if (!IsResource)
        {
            return new ApiException(403, "Forbidden", $"forbidden: {Sanitized($"User {who} cannot {Verb} path {GoText.Quote(Path)}")}{suffix}", []);
        }

        var where = Namespace.Length > 0 ? $"in the namespace {GoText.Quote(Namespace)}" : "at the cluster scope";
        return ApiException.Forbidden(
            Group,
            Resource,
            Name,
            Sanitized($"User {who} cannot {Verb} resource {GoText.Quote(FullResource)} in API group {GoText.Quote(Group)} {where}") + suffix);
    }

    /// <summary>The server takes care that no refusal looks like HTML.</summary>
    private static string Sanitized(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
