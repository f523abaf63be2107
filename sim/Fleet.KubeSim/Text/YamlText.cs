using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fleet.KubeSim.Text;

/// <summary>A parsed document and what was wrong with its keys.</summary>
internal sealed record ParsedText(JsonNode? Root, IReadOnlyList<string> Duplicates);

/// <summary>Reads the first YAML document of a text as the API server does: YAML 1.1 scalars, anchors, merge keys.</summary>
internal static partial class YamlText
{
    private const int MaximumNodes = 1_000_000;

    public static ParsedText Parse(ReadOnlySpan<byte> text) =>
        JsonAsYaml.TryParse(text) is { } plain ? new ParsedText(plain, []) : Parse(Encoding.UTF8.GetString(text));

    public static ParsedText Parse(string text)
    {
        var duplicates = new List<string>();
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (parser.TryConsume<StreamEnd>(out _))
            {
                return new ParsedText(null, duplicates);
            }

            parser.Consume<DocumentStart>();
            var reader = new Reader(parser, duplicates);
            return new ParsedText(reader.ReadNode(), duplicates);
        }
        catch (YamlException e)
        {
            throw new TextException(Explain(e));
        }
    }

    /// <summary>In the words of Go's parser, which counts lines from zero except in its scanner.</summary>
    private static string Explain(YamlException error)
    {
        var line = error is SyntaxErrorException ? error.Start.Line : error.Start.Line - 1;
        var problem = ContextPattern().Replace(error.Message, "").TrimEnd('.');
        problem = problem.Length > 0 ? char.ToLowerInvariant(problem[0]) + problem[1..] : "unknown problem parsing YAML content";
        return $"error converting YAML to JSON: yaml: {(line > 0 ? $"line {line}: " : "")}{problem}";
    }

    [GeneratedRegex("^While [^,]*, ")]
    private static partial Regex ContextPattern();

    /// <param name="parser">Stands at the document's first node.</param>
    /// <param name="duplicates">Collects the server's words for each key that stands twice.</param>
    private sealed class Reader(IParser parser, List<string> duplicates)
    {
        private readonly Dictionary<AnchorName, JsonNode?> _anchors = [];
        private int _nodes;

        public JsonNode? ReadNode()
        {
            if (++_nodes > MaximumNodes)
            {
                throw new TextException("error converting YAML to JSON: yaml: document contains excessive aliasing");
            }

            if (parser.TryConsume<AnchorAlias>(out var alias))
            {
                return _anchors.TryGetValue(alias.Value, out var target)
                    ? Copy(target)
                    : throw new TextException($"error converting YAML to JSON: yaml: unknown anchor '{alias.Value}' referenced");
            }

            if (parser.TryConsume<Scalar>(out var scalar))
            {
                return Remember(scalar.Anchor, YamlScalar.Resolve(scalar));
            }

            if (parser.TryConsume<SequenceStart>(out var sequence))
            {
                var list = new JsonArray();
                while (!parser.TryConsume<SequenceEnd>(out _))
                {
                    list.Add(ReadNode());
                }

                return Remember(sequence.Anchor, list);
            }

            return ReadMap(parser.Consume<MappingStart>());
        }

        private JsonObject ReadMap(MappingStart start)
        {
            var map = new JsonObject();
            var merges = new List<JsonNode?>();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var key = parser.Consume<Scalar>();
                if (key is { Value: "<<", Style: ScalarStyle.Plain })
                {
                    merges.Add(ReadNode());
                    continue;
                }

                var name = KeyText(key);
                var value = ReadNode();
                if (map.ContainsKey(name))
                {
                    duplicates.Add($"line {key.Start.Line}: key \"{name}\" already set in map");
                }

                map[name] = value;
            }

            foreach (var source in merges.SelectMany(m => m is JsonArray list ? list.ToArray() : [m]).OfType<JsonObject>())
            {
                foreach (var (name, value) in source)
                {
                    if (!map.ContainsKey(name))
                    {
                        map[name] = value?.DeepClone();
                    }
                }
            }

            Remember(start.Anchor, map);
            return map;
        }

        /// <summary>Keys that are booleans or numbers in YAML become the text that JSON needs.</summary>
        private static string KeyText(Scalar key) => YamlScalar.Resolve(key) switch
        {
            null => "null",
            JsonValue value when value.TryGetValue(out string? text) => text,
            JsonValue value when value.TryGetValue(out bool flag) => flag ? "true" : "false",
            var number => number.ToJsonString(),
        };

        private JsonNode? Remember(AnchorName anchor, JsonNode? node)
        {
            if (!anchor.IsEmpty)
            {
                _anchors[anchor] = node?.DeepClone();
            }

            return node;
        }

        private JsonNode? Copy(JsonNode? node)
        {
            _nodes += Count(node);
            return node?.DeepClone();
        }

        private static int Count(JsonNode? node) => node switch
        {
            JsonObject map => 1 + map.Sum(p => Count(p.Value)),
            JsonArray list => 1 + list.Sum(Count),
            _ => 1,
        };
    }
}

/// <summary>What a YAML 1.1 scalar means, as Go's yaml.v2 with Kubernetes' changes resolves it.</summary>
internal static class YamlScalar
{
    public static JsonNode? Resolve(Scalar scalar)
    {
        if (scalar.Style != ScalarStyle.Plain || (!scalar.Tag.IsEmpty && scalar.Tag.Value.EndsWith("str", StringComparison.Ordinal)))
        {
            return JsonValue.Create(scalar.Value);
        }

        switch (scalar.Value)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                return JsonValue.Create(true);
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                return JsonValue.Create(false);
        }

        return Number(scalar.Value) ?? JsonValue.Create(scalar.Value);
    }

    private static JsonNode? Number(string text)
    {
        var plain = text.Replace("_", "", StringComparison.Ordinal);
        var (sign, digits) = plain.Length > 0 && plain[0] is '-' or '+' ? (plain[0], plain[1..]) : ('+', plain);
        if (digits.Length == 0 || !(char.IsAsciiDigit(digits[0]) || digits[0] == '.'))
        {
            return null;
        }

        if (Whole(digits) is { } whole)
        {
            return JsonValue.Create(sign == '-' ? -whole : whole);
        }

        const NumberStyles style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(digits, style, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? JsonValue.Create(sign == '-' ? -number : number)
            : null;
    }

    private static long? Whole(string digits)
    {
        try
        {
            return digits switch
            {
                ['0', 'x' or 'X', .. var hex] => Convert.ToInt64(hex, 16),
                ['0', 'b' or 'B', .. var binary] => Convert.ToInt64(binary, 2),
                ['0', 'o' or 'O', .. var octal] => Convert.ToInt64(octal, 8),
                ['0', _, ..] when digits.All(c => c is >= '0' and <= '7') => Convert.ToInt64(digits, 8),
                _ => long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null,
            };
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            return null;
        }
    }
}
