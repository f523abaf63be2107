namespace Fleet.Hub.Core.Resources;

/// <summary>The names that kinds go by, in files, addresses and command lines.</summary>
public static class ResourceKinds
{
    /// <summary>The one apiVersion.</summary>
    public const string ApiVersion = "fleet/v1";

    /// <summary>All kinds, in the order in which they are shown.</summary>
    public static readonly IReadOnlyList<ResourceKind> All = Enum.GetValues<ResourceKind>();

    /// <summary>The kinds that users may apply. A Cluster must have been enrolled before.</summary>
    public static readonly IReadOnlyList<ResourceKind> Applied =
        [ResourceKind.GitSource, ResourceKind.ClusterGroup, ResourceKind.Assignment, ResourceKind.Cluster];

    /// <summary>The plural, as it stands in addresses: gitsources.</summary>
    public static string Plural(ResourceKind kind) => kind.ToString().ToLowerInvariant() + "s";

    /// <summary>Finds a kind by its name, its plural, in any case and with or without hyphens.</summary>
    public static bool TryParse(string text, out ResourceKind kind)
    {
        var folded = text.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();
        foreach (var candidate in All)
        {
            var singular = candidate.ToString().ToLowerInvariant();
            if (folded == singular || folded == singular + "s")
            {
                kind = candidate;
                return true;
            }
        }

        kind = default;
        return false;
    }

    /// <summary>What to tell someone who asked for a kind that does not exist.</summary>
    public static string Unknown(string text) =>
        $"There is no kind {Quoting.Quote(text)}.{Closest.Hint(text, All.Select(k => k.ToString()))} Known are {Quoting.Choices([.. All.Select(k => k.ToString())])}.";
}
