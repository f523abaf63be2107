using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Schema;

/// <summary>What a JSON value is, with whole numbers told apart from fractions as Go does.</summary>
public enum JsonShape
{
    Null,
    Text,
    Boolean,
    Whole,
    Fraction,
    List,
    Map,
}

/// <summary>Questions about JSON values, answered as the API server's Go code answers them.</summary>
public static class Json
{
    public static JsonShape ShapeOf(JsonNode? node) => node switch
    {
        null => JsonShape.Null,
        JsonObject => JsonShape.Map,
        JsonArray => JsonShape.List,
        _ => node.GetValueKind() switch
        {
            JsonValueKind.String => JsonShape.Text,
            JsonValueKind.True or JsonValueKind.False => JsonShape.Boolean,
            JsonValueKind.Number => TryWhole(node, out _) ? JsonShape.Whole : JsonShape.Fraction,
            _ => JsonShape.Null,
        },
    };

    /// <summary>The text of a string value; null for everything else.</summary>
    public static string? TextOf(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>The text of a property; null when it is absent or no string.</summary>
    public static string? Text(this JsonObject? map, string name) =>
        map is not null && map.TryGetPropertyValue(name, out var node) ? TextOf(node) : null;

    public static JsonObject? Map(this JsonObject? map, string name) =>
        map is not null && map.TryGetPropertyValue(name, out var node) ? node as JsonObject : null;

    public static JsonArray? List(this JsonObject? map, string name) =>
        map is not null && map.TryGetPropertyValue(name, out var node) ? node as JsonArray : null;

    public static bool Flag(this JsonObject? map, string name) =>
        map is not null && map.TryGetPropertyValue(name, out var node) && node is JsonValue value && value.TryGetValue(out bool flag) && flag;

    public static long? Whole(this JsonObject? map, string name) =>
        map is not null && map.TryGetPropertyValue(name, out var node) && TryWhole(node, out var number) ? number : null;

    /// <summary>The map under a property, made when it is absent or null.</summary>
    public static JsonObject MapOrNew(this JsonObject map, string name)
    {
        if (map.TryGetPropertyValue(name, out var node) && node is JsonObject found)
        {
            return found;
        }

        var made = new JsonObject();
        map[name] = made;
        return made;
    }

    /// <summary>A number without a fraction sign or exponent that fits 64 bits.</summary>
    public static bool TryWhole(JsonNode? node, out long number)
    {
        number = 0;
        if (node is not JsonValue value || value.GetValueKind() != JsonValueKind.Number)
        {
            return false;
        }

        if (value.TryGetValue(out JsonElement element))
        {
            return element.TryGetInt64(out number);
        }

        if (value.TryGetValue(out number))
        {
            return true;
        }

        if (value.TryGetValue(out int small))
        {
            number = small;
            return true;
        }

        return false;
    }

    public static double Number(JsonNode node) =>
        TryWhole(node, out var whole) ? whole : double.Parse(node.ToJsonString(), CultureInfo.InvariantCulture);

    /// <summary>Equality by value: the order of keys does not count, 1 equals 1.0.</summary>
    public static bool Equal(JsonNode? a, JsonNode? b)
    {
        if (ReferenceEquals(a, b))
        {
            return true;
        }

        var (left, right) = (ShapeOf(a), ShapeOf(b));
        if (left != right)
        {
            return left is JsonShape.Whole or JsonShape.Fraction && right is JsonShape.Whole or JsonShape.Fraction
                && Number(a!).Equals(Number(b!));
        }

        switch (left)
        {
            case JsonShape.Null:
                return true;
            case JsonShape.Text:
                return string.Equals(TextOf(a), TextOf(b), StringComparison.Ordinal);
            case JsonShape.Boolean:
                return a!.GetValueKind() == b!.GetValueKind();
            case JsonShape.Whole:
                return TryWhole(a, out var x) && TryWhole(b, out var y) && x == y;
            case JsonShape.Fraction:
                return Number(a!).Equals(Number(b!));
            case JsonShape.List:
                var (list, other) = ((JsonArray)a!, (JsonArray)b!);
                if (list.Count != other.Count)
                {
                    return false;
                }

                for (var i = 0; i < list.Count; i++)
                {
                    if (!Equal(list[i], other[i]))
                    {
                        return false;
                    }
                }

                return true;
            default:
                var (map, twin) = ((JsonObject)a!, (JsonObject)b!);
                if (map.Count != twin.Count)
                {
                    return false;
                }

                foreach (var (name, node) in map)
                {
                    if (!twin.TryGetPropertyValue(name, out var matching) || !Equal(node, matching))
                    {
                        return false;
                    }
                }

                return true;
        }
    }

    /// <summary>Whether a value is null, or a list or map without content.</summary>
    public static bool IsNullOrEmpty(JsonNode? node) => node switch
    {
        null => true,
        JsonObject map => map.Count == 0,
        JsonArray list => list.Count == 0,
        _ => false,
    };

    /// <summary>JSON as Go's encoder writes it: &lt;, &gt; and &amp; escaped, other text as it is.</summary>
    public static string Encode(JsonNode? node)
    {
        var text = new StringBuilder();
        Write(node, text);
        return text.ToString();
    }

    public static void Write(JsonNode? node, StringBuilder text)
    {
        switch (node)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject map:
                text.Append('{');
                var first = true;
                foreach (var (name, child) in map)
                {
                    if (!first)
                    {
                        text.Append(',');
                    }

                    first = false;
                    WriteText(name, text);
                    text.Append(':');
                    Write(child, text);
                }

                text.Append('}');
                break;
            case JsonArray list:
                text.Append('[');
                for (var i = 0; i < list.Count; i++)
                {
                    if (i > 0)
                    {
                        text.Append(',');
                    }

                    Write(list[i], text);
                }

                text.Append(']');
                break;
            default:
                if (TextOf(node) is { } value)
                {
                    WriteText(value, text);
                }
                else
                {
                    text.Append(node.ToJsonString());
                }

                break;
        }
    }

    private static void WriteText(string value, StringBuilder text)
    {
        text.Append('"');
        foreach (var c in value)
        {
            switch (c)
            {
                case '"':
                    text.Append("\\\"");
                    break;
                case '\\':
                    text.Append("\\\\");
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\r':
                    text.Append("\\r");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                case '\b':
                    text.Append("\\b");
                    break;
                case '\f':
                    text.Append("\\f");
                    break;
                case '<' or '>' or '&' or '\u2028' or '\u2029' or < ' ':
                    text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                    break;
                default:
                    text.Append(c);
                    break;
            }
        }

        text.Append('"');
    }
}
