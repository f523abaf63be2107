using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Schema;

/// <summary>Values as Go prints them, since the API server's messages carry them.</summary>
public static class GoText
{
    /// <summary>Go's %q for a text; other scalars plain.</summary>
    public static string Quoted(JsonNode? node) => node is null ? "null" : Json.TextOf(node) is { } text ? Quote(text) : Plain(node);

    /// <summary>Go's %q.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                '\a' => quoted.Append("\\a"),
                '\b' => quoted.Append("\\b"),
                '\f' => quoted.Append("\\f"),
                '\v' => quoted.Append("\\v"),
                < ' ' or '\x7f' => quoted.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>Go's %v for an untyped JSON value: map[a:1 b:x], [1 2], true, &lt;nil&gt;.</summary>
    public static string Plain(JsonNode? node)
    {
        switch (node)
        {
            case null:
                return "<nil>";
            case JsonObject map:
                return $"map[{string.Join(' ', map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}:{Plain(p.Value)}"))}]";
            case JsonArray list:
                return $"[{string.Join(' ', list.Select(Plain))}]";
            default:
                return Json.TextOf(node) ?? (Json.ShapeOf(node) == JsonShape.Fraction ? Fraction(Json.Number(node)) : node.ToJsonString());
        }
    }

    /// <summary>Go's %#v for an untyped JSON value: "x", 1, map[string]interface {}{"a":1}.</summary>
    public static string Syntax(JsonNode? node) => node switch
    {
        null => "interface {}(nil)",
        JsonObject map => $"map[string]interface {{}}{{{string.Join(", ", map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{Quote(p.Key)}:{Syntax(p.Value)}"))}}}",
        JsonArray list => $"[]interface {{}}{{{string.Join(", ", list.Select(Syntax))}}}",
        _ => Quoted(node),
    };

    /// <summary>Go's %T for an untyped JSON value.</summary>
    public static string TypeName(JsonNode? node) => Json.ShapeOf(node) switch
    {
        JsonShape.Text => "string",
        JsonShape.Boolean => "bool",
        JsonShape.Whole => "int64",
        JsonShape.Fraction => "float64",
        JsonShape.List => "[]interface {}",
        JsonShape.Map => "map[string]interface {}",
        _ => "<nil>",
    };

    /// <summary>A float64 as Go's %v prints it.</summary>
    public static string Fraction(double number)
    {
        var magnitude = Math.Abs(number);
        return magnitude is not 0 and (< 1e-4 or >= 1e21)
            ? number.ToString("0.################e+00", CultureInfo.InvariantCulture)
            : number.ToString("0.####################", CultureInfo.InvariantCulture);
    }
}
