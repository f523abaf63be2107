using System.Globalization;
using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Conformance;

/// <summary>Walks a recorded and an actual answer together.</summary>
internal sealed class AnswerComparer(Bindings bindings, bool strictOrder, string step, List<Difference> differences)
{
    public void Compare(JsonNode? wanted, JsonNode? got, string path = "")
    {
        switch (wanted)
        {
            case JsonObject map when got is JsonObject other:
                CompareMaps(map, other, path);
                break;
            case JsonArray list when got is JsonArray other:
                CompareLists(list, other, path);
                break;
            case JsonValue value when value.TryGetValue(out string? text):
                if (bindings.Match(text, got) is { } difference)
                {
                    differences.Add(new Difference(step, path, difference.Wanted, difference.Got));
                }

                break;
            default:
                if (!JsonNode.DeepEquals(wanted, got))
                {
                    differences.Add(new Difference(step, path, Difference.Show(wanted), Difference.Show(got)));
                }

                break;
        }
    }

    private void CompareMaps(JsonObject wanted, JsonObject got, string path)
    {
        var keys = wanted.ToDictionary(p => p.Key.Contains("$uid", StringComparison.Ordinal) ? bindings.Fill(p.Key) : p.Key, p => p.Value, StringComparer.Ordinal);
        foreach (var (key, value) in keys)
        {
            var at = $"{path}/{key}";
            if (!got.TryGetPropertyValue(key, out var actual))
            {
                differences.Add(new Difference(step, at, Difference.Show(value), Difference.Absent));
            }
            else
            {
                Compare(Ordered(key, value), Ordered(key, actual), at);
            }
        }

        foreach (var (key, value) in got)
        {
            if (!keys.ContainsKey(key))
            {
                differences.Add(new Difference(step, $"{path}/{key}", Difference.Absent, Difference.Show(value)));
            }
        }
    }

    private void CompareLists(JsonArray wanted, JsonArray got, string path)
    {
        IReadOnlyList<JsonNode?> left = [.. wanted];
        IReadOnlyList<JsonNode?> right = [.. got];
        if (path.EndsWith("/details/causes", StringComparison.Ordinal))
        {
            (left, right) = ([.. left.OrderBy(Key, StringComparer.Ordinal)], [.. right.OrderBy(Key, StringComparer.Ordinal)]);
        }

        for (var i = 0; i < Math.Max(left.Count, right.Count); i++)
        {
            var at = string.Create(CultureInfo.InvariantCulture, $"{path}/{i}");
            if (i >= right.Count)
            {
                differences.Add(new Difference(step, at, Difference.Show(left[i]), Difference.Absent));
            }
            else if (i >= left.Count)
            {
                differences.Add(new Difference(step, at, Difference.Absent, Difference.Show(right[i])));
            }
            else
            {
                Compare(left[i], right[i], at);
            }
        }
    }

    /// <summary>The server orders managedFields by whole seconds, so that the order counts only where the recording says so.</summary>
    private JsonNode? Ordered(string key, JsonNode? value) =>
        key == "managedFields" && !strictOrder && value is JsonArray list
            ? new JsonArray([.. list.OrderBy(ManagerKey, StringComparer.Ordinal).Select(e => e?.DeepClone())])
            : value;

    private static string ManagerKey(JsonNode? entry) =>
        string.Join('\u0001', new[] { "operation", "manager", "subresource", "apiVersion" }.Select(k => (string?)entry?[k] ?? ""));

    /// <summary>Causes sort by their texts, keys in order.</summary>
    private static string Key(JsonNode? cause) =>
        cause is JsonObject map ? string.Join('\u0001', map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value?.ToJsonString()}")) : "";
}
