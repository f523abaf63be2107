using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Access;

/// <summary>One rule of a Role or ClusterRole.</summary>
internal sealed record RbacRule(
    IReadOnlyList<string> Verbs,
    IReadOnlyList<string> Groups,
    IReadOnlyList<string> Resources,
    IReadOnlyList<string> Names,
    IReadOnlyList<string> Paths)
{
    public static IReadOnlyList<RbacRule> Parse(JsonObject role) =>
        [.. (role["rules"] as JsonArray ?? []).OfType<JsonObject>().Select(r => new RbacRule(
            Strings(r, "verbs"), Strings(r, "apiGroups"), Strings(r, "resources"), Strings(r, "resourceNames"), Strings(r, "nonResourceURLs")))];

    public bool Allows(AccessAttributes wanted)
    {
        if (!Has(Verbs, wanted.Verb))
        {
            return false;
        }

        return wanted.IsResource
            ? Has(Groups, wanted.Group) && AllowsResource(wanted) && (Names.Count == 0 || Names.Contains(wanted.Name))
            : Paths.Any(p => p == "*" || p == wanted.Path || (p.EndsWith('*') && wanted.Path.StartsWith(p[..^1], StringComparison.Ordinal)));
    }

    public JsonObject ToResourceRule()
    {
        var rule = new JsonObject { ["verbs"] = Array(Verbs) };
        if (Paths.Count > 0)
        {
            rule["nonResourceURLs"] = Array(Paths);
            return rule;
        }

        rule["apiGroups"] = Array(Groups);
        rule["resources"] = Array(Resources);
        if (Names.Count > 0)
        {
            rule["resourceNames"] = Array(Names);
        }

        return rule;
    }

    private bool AllowsResource(AccessAttributes wanted) => Resources.Any(r =>
        r == "*" || r == wanted.FullResource || (wanted.Subresource.Length > 0 && r == $"*/{wanted.Subresource}"));

    private static bool Has(IReadOnlyList<string> listed, string wanted) => listed.Contains("*") || listed.Contains(wanted);

    private static JsonArray Array(IReadOnlyList<string> values) => [.. values.Select(v => (JsonNode)v)];

    private static IReadOnlyList<string> Strings(JsonObject rule, string key) => [.. (rule[key] as JsonArray ?? []).Select(v => (string?)v ?? "")];
}
