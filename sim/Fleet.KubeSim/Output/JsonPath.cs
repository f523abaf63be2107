using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Output;

/// <summary>The part of Kubernetes' JSONPath that printer columns use: .a.b, ['a'], [0], [*], and [?(@.type=="x")].</summary>
internal static partial class JsonPath
{
    public static IReadOnlyList<JsonNode?> Find(JsonObject item, string path)
    {
        IEnumerable<JsonNode?> found = [item];
        foreach (var step in Steps().Matches(path).Select(m => m.Value))
        {
            found = found.SelectMany(n => Take(n, step)).ToArray();
        }

        return [.. found];
    }

    private static IEnumerable<JsonNode?> Take(JsonNode? node, string step)
    {
        if (step.StartsWith("[?", StringComparison.Ordinal))
        {
            var filter = Filter().Match(step);
            return filter.Success && node is JsonArray candidates
                ? candidates.OfType<JsonObject>().Where(c => Find(c, filter.Groups[1].Value) is [{ } value] && (Json.TextOf(value) ?? value.ToJsonString()) == filter.Groups[2].Value)
                : [];
        }

        var inner = step.StartsWith('[') ? step[1..^1] : step[1..];
        if (inner == "*")
        {
            return node switch { JsonArray all => all, JsonObject map => map.Select(p => p.Value), _ => [] };
        }

        if (step.StartsWith('[') && int.TryParse(inner, CultureInfo.InvariantCulture, out var index))
        {
            return node is JsonArray list && (index < 0 ? list.Count + index : index) is >= 0 and var at && at < list.Count ? [list[at]] : [];
        }

        var key = inner.Trim('\'', '"').Replace("\\.", ".", StringComparison.Ordinal);
        return node is JsonObject holder && holder.TryGetPropertyValue(key, out var value) ? [value] : [];
    }

    [GeneratedRegex(@"\.(?:\\.|[^.\[\]\\])+|\[\?\([^)]*\)\]|\[[^\]]*\]")]
    private static partial Regex Steps();

    [GeneratedRegex(@"^\[\?\(\s*@((?:\.[^=\s]+)+)\s*==\s*['""]?([^'"")]*)['""]?\s*\)\]$")]
    private static partial Regex Filter();
}
