using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Output;

/// <summary>What many cells have in common.</summary>
internal static class Cell
{
    public static string Name(JsonObject item) => item.Map("metadata").Text("name") ?? "";

    public static string Age(JsonObject item, DateTimeOffset now) => Since(item.Map("metadata").Text("creationTimestamp"), now);

    public static string Since(string? time, DateTimeOffset now) =>
        DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, out var since) ? HumanDuration.Of(now - since) : "<unknown>";

    public static bool IsTerminating(JsonObject item) => item.Map("metadata")?["deletionTimestamp"] is not null;

    /// <summary>The text at a path, empty where there is none.</summary>
    public static string Text(JsonObject item, params ReadOnlySpan<string> path) => Json.TextOf(At(item, path)) ?? "";

    /// <summary>The text at a path, or what stands for none.</summary>
    public static string TextOr(string otherwise, JsonObject item, params ReadOnlySpan<string> path) => Text(item, path) is { Length: > 0 } text ? text : otherwise;

    public static long Number(JsonObject item, params ReadOnlySpan<string> path) => Json.TryWhole(At(item, path), out var number) ? number : 0;

    public static bool Flag(JsonObject item, params ReadOnlySpan<string> path) => At(item, path) is JsonValue value && value.TryGetValue(out bool flag) && flag;

    public static JsonArray List(JsonObject item, params ReadOnlySpan<string> path) => At(item, path) as JsonArray ?? [];

    public static JsonObject? Map(JsonObject item, params ReadOnlySpan<string> path) => At(item, path) as JsonObject;

    /// <summary>A number or a text, such as 1 or 25%, or what stands for none.</summary>
    public static string Either(string otherwise, JsonNode? value) => value is null ? otherwise : Json.TextOf(value) ?? value.ToJsonString();

    public static string Labels(JsonObject? labels) =>
        labels is { Count: > 0 } ? string.Join(",", labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={Json.TextOf(l.Value)}")) : "<none>";

    /// <summary>A label selector in its text form.</summary>
    public static string Selector(JsonObject? selector)
    {
        var terms = (selector.Map("matchLabels") ?? []).Select(l => (l.Key, Text: $"{l.Key}={Json.TextOf(l.Value)}"))
            .Concat((selector.List("matchExpressions") ?? []).OfType<JsonObject>().Select(e => (Key: e.Text("key") ?? "", Text: Expression(e))))
            .OrderBy(t => t.Key, StringComparer.Ordinal)
            .Select(t => t.Text)
            .ToArray();
        return terms.Length == 0 ? "<none>" : string.Join(",", terms);
    }

    public static string Joined(IEnumerable<JsonNode?> values, string separator = ",") => string.Join(separator, values.Select(v => Json.TextOf(v) ?? ""));

    /// <summary>At most three, and how many more there are.</summary>
    public static string Some(IReadOnlyCollection<string> all, string otherwise) =>
        all.Count > 3 ? string.Create(CultureInfo.InvariantCulture, $"{string.Join(",", all.Take(3))} + {all.Count - 3} more...")
        : all.Count > 0 ? string.Join(",", all)
        : otherwise;

    private static string Expression(JsonObject expression)
    {
        var key = expression.Text("key");
        var values = string.Join(",", (expression.List("values") ?? []).Select(v => Json.TextOf(v) ?? "").Order(StringComparer.Ordinal));
        return expression.Text("operator") switch
        {
            "In" => $"{key} in ({values})",
            "NotIn" => $"{key} notin ({values})",
            "Exists" => key ?? "",
            _ => $"!{key}",
        };
    }

    private static JsonNode? At(JsonObject item, ReadOnlySpan<string> path)
    {
        JsonNode? node = item;
        foreach (var part in path)
        {
            node = (node as JsonObject)?[part];
        }

        return node;
    }
}
