using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fleet.Rendering.Yaml;

/// <summary>Composes one document out of YamlDotNet's events: Kubernetes' scalars, merge keys, the last of two equal keys, bounded aliases.</summary>
internal sealed class YamlComposer(IParser parser, int lineOffset, YamlLimits limits)
{
    private readonly Dictionary<AnchorName, (JsonNode? Node, int Size)> _anchors = [];
    private readonly Dictionary<JsonNode, Place> _places = new(ReferenceEqualityComparer.Instance);
    private int _nodes;

    public IReadOnlyDictionary<JsonNode, Place> Places => _places;
    public List<YamlProblem> Notes { get; } = [];

    /// <exception cref="ProblemException">What cannot be read.</exception>
    /// <exception cref="YamlException">What is not YAML.</exception>
    public JsonNode? Compose(int depth)
    {
        if (depth > limits.Depth) throw Problem(parser.Current!, $"values are nested deeper than {limits.Depth} levels", "Flatten the document");
        if (++_nodes > limits.NodesPerDocument) throw TooMany(parser.Current!);
        var before = _nodes;
        switch (parser.Current)
        {
            case Scalar scalar:
                parser.MoveNext();
                var value = Resolve(scalar);
                Keep(scalar.Anchor, value, 1);
                return value;
            case AnchorAlias alias:
                parser.MoveNext();
                return Copy(alias);
            case SequenceStart start:
                var list = Sequence(start, depth);
                Keep(start.Anchor, list, _nodes - before + 1);
                return list;
            case MappingStart start:
                var map = Mapping(start, depth);
                Keep(start.Anchor, map, _nodes - before + 1);
                return map;
            case var other:
                throw new ProblemException(other is null ? default : At(other.Start), "the document ends too early", "");
        }
    }

    private JsonArray Sequence(SequenceStart start, int depth)
    {
        parser.MoveNext();
        var list = new JsonArray();
        _places[list] = At(start.Start);
        while (parser.Current is not SequenceEnd) list.Add(Compose(depth + 1));
        parser.MoveNext();
        return list;
    }

    private JsonObject Mapping(MappingStart start, int depth)
    {
        parser.MoveNext();
        var map = new JsonObject();
        _places[map] = At(start.Start);
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        List<JsonNode?>? merges = null;
        while (parser.Current is not MappingEnd)
        {
            var at = parser.Current!;
            if (at is Scalar { Value: "<<", Style: ScalarStyle.Plain } s && s.Tag.IsEmpty)
            {
                parser.MoveNext();
                (merges ??= []).Add(Merged(Compose(depth + 1), at));
                continue;
            }
            var key = Key(Compose(depth + 1), at);
            var place = At(at.Start);
            if (!lines.TryAdd(key, place.Line)) Notes.Add(Repeated.Key(key, place, lines[key]));
            map[key] = Compose(depth + 1);
        }
        parser.MoveNext();
        foreach (var source in merges ?? []) MergeInto(map, source);
        return map;
    }

    private JsonNode? Merged(JsonNode? value, ParsingEvent at) =>
        value is JsonObject || (value is JsonArray list && list.All(i => i is JsonObject))
            ? value
            : throw Problem(at, "what follows '<<' is neither a map nor a list of maps", "Point it to a map with an alias: '<<: *name'");

    /// <summary>A key that stands there itself wins over a merged one, and an earlier merge over a later.</summary>
    private static void MergeInto(JsonObject map, JsonNode? source)
    {
        switch (source)
        {
            case JsonArray list:
                foreach (var item in list) MergeInto(map, item);
                break;
            case JsonObject o:
                foreach (var (key, value) in o)
                {
                    if (!map.ContainsKey(key)) map[key] = value?.DeepClone();
                }
                break;
        }
    }

    private JsonNode? Copy(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value, out var kept)) throw Problem(alias, $"the alias *{alias.Value} has no anchor before it", $"Add &{alias.Value} to the value that it stands for, in the same document");
        _nodes += kept.Size - 1;
        if (_nodes > limits.NodesPerDocument) throw TooMany(alias);
        return kept.Node?.DeepClone();
    }

    private void Keep(AnchorName anchor, JsonNode? node, int size)
    {
        if (!anchor.IsEmpty) _anchors[anchor] = (node, size);
    }

    private string Key(JsonNode? key, ParsingEvent at) => key switch
    {
        JsonValue v => v.GetValueKind() switch
        {
            JsonValueKind.String => v.GetValue<string>(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => v.TryGetValue(out double d) && Math.Truncate(d) == d && Math.Abs(d) < 1e21 ? d.ToString("F0", CultureInfo.InvariantCulture) : v.ToJsonString(),
        },
        null => throw Problem(at, "a key is empty or null", "Name the key, or quote it"),
        _ => throw Problem(at, "a key is a map or a list", "Template markers such as {{ }} must be rendered first; a key is a string"),
    };

    private JsonNode? Resolve(Scalar s)
    {
        var tag = s.Tag.IsEmpty ? "" : s.Tag.Value;
        switch (tag)
        {
            case "":
                if (s.Style != ScalarStyle.Plain) return JsonValue.Create(s.Value);
                return PlainScalar.TryResolve(s.Value, out var plain) ? plain : throw NoJson(s);
            case "tag:yaml.org,2002:int" or "tag:yaml.org,2002:bool" or "tag:yaml.org,2002:null":
                return PlainScalar.TryResolve(s.Value, out var typed) ? typed : throw NoJson(s);
            case "tag:yaml.org,2002:float":
                if (!PlainScalar.TryResolve(s.Value, out var real)) throw NoJson(s);
                return real is JsonValue v && v.TryGetValue(out long whole) ? JsonValue.Create((double)whole) : real;
            case "tag:yaml.org,2002:binary":
                return JsonValue.Create(Binary(s));
            default:
                return JsonValue.Create(s.Value);
        }
    }

    private string Binary(Scalar s)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(s.Value));
        }
        catch (FormatException)
        {
            throw Problem(s, "a !!binary value is not base64", "Write base64, or leave the tag away");
        }
    }

    private ProblemException NoJson(Scalar s) => Problem(s, $"the number {s.Value} has no form in JSON", "Quote it if a string is meant");

    private ProblemException TooMany(ParsingEvent at) =>
        Problem(at, $"the document holds more than {limits.NodesPerDocument:N0} values, counting each alias as what it stands for", "Split the document, or use fewer aliases");

    private ProblemException Problem(ParsingEvent at, string problem, string advice) => new(At(at.Start), problem, advice);

    private Place At(Mark mark) => new((int)mark.Line + lineOffset, (int)mark.Column);
}

/// <summary>Words on a key that stands twice.</summary>
internal static class Repeated
{
    public static YamlProblem Key(string key, Place place, int firstLine) => new(place,
        $"the key '{(key.Length <= 60 ? key : key[..60] + "…")}' stands twice in one map (first in line {firstLine}); this one counts", "Keep one of them");
}

/// <summary>Carries a <see cref="YamlProblem"/> out of the recursion.</summary>
internal sealed class ProblemException(Place place, string problem, string advice) : Exception(problem)
{
    public YamlProblem AsProblem => new(place, Message, advice);
}
