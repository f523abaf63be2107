using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Text;

/// <summary>Writes JSON as YAML the way Kubernetes does: keys sorted, two spaces, lists not indented.</summary>
internal static class YamlWriter
{
    public static string Write(JsonNode? node)
    {
        var text = new StringBuilder();
        WriteBlock(node, 0, text);
        return text.ToString();
    }

    private static void WriteBlock(JsonNode? node, int indent, StringBuilder text)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } map:
                foreach (var (key, value) in map.OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    text.Append(' ', indent).Append(Scalar(JsonValue.Create(key), indent)).Append(':');
                    WriteUnder(value, indent, text);
                }

                break;
            case JsonArray { Count: > 0 } list:
                foreach (var item in list)
                {
                    WriteItem(item, indent, text);
                }

                break;
            default:
                text.Append(' ', indent).Append(Scalar(node, indent)).Append('\n');
                break;
        }
    }

    private static void WriteUnder(JsonNode? value, int indent, StringBuilder text)
    {
        switch (value)
        {
            case JsonObject { Count: > 0 }:
                text.Append('\n');
                WriteBlock(value, indent + 2, text);
                break;
            case JsonArray { Count: > 0 }:
                text.Append('\n');
                WriteBlock(value, indent, text);
                break;
            default:
                text.Append(' ').Append(Scalar(value, indent + 2)).Append('\n');
                break;
        }
    }

    private static void WriteItem(JsonNode? item, int indent, StringBuilder text)
    {
        if (item is JsonObject { Count: > 0 } or JsonArray { Count: > 0 })
        {
            var inner = new StringBuilder();
            WriteBlock(item, indent + 2, inner);
            text.Append(' ', indent).Append("- ").Append(inner, indent + 2, inner.Length - indent - 2);
            return;
        }

        text.Append(' ', indent).Append("- ").Append(Scalar(item, indent + 2)).Append('\n');
    }

    private static string Scalar(JsonNode? node, int indent)
    {
        switch (node)
        {
            case null:
                return "null";
            case JsonObject:
                return "{}";
            case JsonArray:
                return "[]";
        }

        if (node.GetValueKind() != JsonValueKind.String)
        {
            return node.ToJsonString();
        }

        var value = (string)node!;
        if (value.Contains('\n', StringComparison.Ordinal) && !value.Any(c => char.IsControl(c) && c is not ('\n' or '\t')))
        {
            return Literal(value, indent);
        }

        return IsPlain(value) ? value : JsonSerializer.Serialize(value, Relaxed);
    }

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Literal(string value, int indent)
    {
        var text = new StringBuilder("|");
        if (value[0] is ' ' or '\n')
        {
            text.Append('2');
        }

        text.Append(!value.EndsWith('\n') ? "-" : value.EndsWith("\n\n", StringComparison.Ordinal) ? "+" : "");
        foreach (var line in value.TrimEnd('\n').Split('\n'))
        {
            text.Append('\n').Append(' ', line.Length > 0 ? indent : 0).Append(line);
        }

        return text.ToString();
    }

    private static bool IsPlain(string value) =>
        value.Length > 0
        && !char.IsWhiteSpace(value[0]) && !char.IsWhiteSpace(value[^1])
        && !"!&*-?|>@%`\"'#,[]{}:=<".Contains(value[0], StringComparison.Ordinal)
        && !value.Contains(": ", StringComparison.Ordinal) && !value.Contains(" #", StringComparison.Ordinal) && !value.EndsWith(':')
        && !value.Any(char.IsControl)
        && !LooksLikeTime(value)
        && YamlScalar.Resolve(Plain(value)) is JsonValue resolved && resolved.GetValueKind() == JsonValueKind.String;

    private static YamlDotNet.Core.Events.Scalar Plain(string value) => new(
        YamlDotNet.Core.AnchorName.Empty, YamlDotNet.Core.TagName.Empty, value, YamlDotNet.Core.ScalarStyle.Plain, isPlainImplicit: true, isQuotedImplicit: false);

    private static bool LooksLikeTime(string value) =>
        value.Length >= 10 && value[..4].All(char.IsAsciiDigit) && value[4] == '-' && value[7] == '-';
}
