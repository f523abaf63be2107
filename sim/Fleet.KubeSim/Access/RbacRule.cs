using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

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

    /// <summary>The rule as rules of one group, one resource, one verb and one name each.</summary>
    public IEnumerable<RbacRule> Parts()
    {
        foreach (var verb in Verbs)
        {
            foreach (var path in Paths)
            {
                yield return new RbacRule([verb], [], [], [], [path]);
            }
        }

        foreach (var group in Groups)
        {
            foreach (var resource in Resources)
            {
                foreach (var verb in Verbs)
                {
                    foreach (IReadOnlyList<string> name in Names.Count == 0 ? [[]] : Names.Select(n => (string[])[n]))
                    {
                        yield return new RbacRule([verb], [group], [resource], name, []);
                    }
                }
            }
        }
    }

    /// <summary>Whether this rule grants all that a rule of single values grants.</summary>
    public bool Covers(RbacRule part) =>
        Has(Verbs, part.Verbs[0])
        && (part.Paths.Count > 0
            ? Paths.Any(p => p == "*" || p == part.Paths[0] || (p.EndsWith('*') && part.Paths[0].StartsWith(p[..^1], StringComparison.Ordinal)))
            : Has(Groups, part.Groups[0])
                && (Has(Resources, part.Resources[0]) || (part.Resources[0].Split('/') is [_, var sub] && Resources.Contains($"*/{sub}")))
                && (Names.Count == 0 || (part.Names.Count > 0 && Names.Contains(part.Names[0]))));

    /// <summary>As the server prints a rule: only what it has, in Go's form.</summary>
    public string Compact()
    {
        (string Name, IReadOnlyList<string> Values)[] fields = [("APIGroups", Groups), ("Resources", Resources), ("NonResourceURLs", Paths), ("ResourceNames", Names), ("Verbs", Verbs)];
        return "{" + string.Join(", ", fields.Where(f => f.Values.Count > 0).Select(f => $"{f.Name}:[{string.Join(' ', f.Values.Select(GoText.Quote))}]")) + "}";
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
