using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.Rendering.Yaml;

/// <summary>Reads a stream of JSON values with the same places, limits and treatment of equal keys as YAML.</summary>
internal static class JsonStream
{
    public static bool LooksLikeJson(string text)
    {
        var t = text.AsSpan().TrimStart();
        return t.Length > 0 && t[0] == '{';
    }

    /// <summary>The documents, or null when it is no JSON after all (it may be YAML in flow style).</summary>
    public static IReadOnlyList<YamlDocument>? TryRead(string text, YamlLimits limits, ICollection<YamlProblem> problems)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var documents = new List<YamlDocument>();
        try
        {
            var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = limits.Depth + 2 });
            while (reader.Read())
            {
                var composer = new JsonComposer(utf8, limits);
                var start = composer.At(reader.TokenStartIndex);
                var root = composer.Compose(ref reader, 1);
                if (documents.Count >= limits.Documents)
                {
                    problems.Add(new(start, $"the file holds more than {limits.Documents:N0} documents", "Split the file"));
                    return documents;
                }
                if (root is not null) documents.Add(new(root, start, composer.Places, composer.Notes));
            }
            return documents;
        }
        catch (ProblemException e)
        {
            problems.Add(e.AsProblem);
            return documents;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed class JsonComposer(byte[] utf8, YamlLimits limits)
    {
        private readonly Dictionary<JsonNode, Place> _places = new(ReferenceEqualityComparer.Instance);
        private int _nodes;
        private int _countedTo;
        private int _line = 1;
        private int _lineStart;

        public IReadOnlyDictionary<JsonNode, Place> Places => _places;
        public List<YamlProblem> Notes { get; } = [];

        public Place At(long index)
        {
            for (; _countedTo < index; _countedTo++)
            {
                if (utf8[_countedTo] != '\n') continue;
                _line++;
                _lineStart = _countedTo + 1;
            }
            return new(_line, (int)index - _lineStart + 1);
        }

        public JsonNode? Compose(ref Utf8JsonReader reader, int depth)
        {
            if (depth > limits.Depth) throw new ProblemException(At(reader.TokenStartIndex), $"values are nested deeper than {limits.Depth} levels", "Flatten the document");
            if (++_nodes > limits.NodesPerDocument) throw new ProblemException(At(reader.TokenStartIndex), $"the document holds more than {limits.NodesPerDocument:N0} values", "Split the document");
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    var map = new JsonObject();
                    var lines = new Dictionary<string, int>(StringComparer.Ordinal);
                    _places[map] = At(reader.TokenStartIndex);
                    while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                    {
                        var at = At(reader.TokenStartIndex);
                        var key = reader.GetString()!;
                        if (!lines.TryAdd(key, at.Line)) Notes.Add(Repeated.Key(key, at, lines[key]));
                        reader.Read();
                        map[key] = Compose(ref reader, depth + 1);
                    }
                    return map;
                case JsonTokenType.StartArray:
                    var list = new JsonArray();
                    _places[list] = At(reader.TokenStartIndex);
                    while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) list.Add(Compose(ref reader, depth + 1));
                    return list;
                case JsonTokenType.String:
                    return JsonValue.Create(reader.GetString());
                case JsonTokenType.Number:
                    if (reader.TryGetInt64(out var l)) return JsonValue.Create(l);
                    if (reader.TryGetUInt64(out var u)) return JsonValue.Create(u);
                    return reader.TryGetDouble(out var d) && double.IsFinite(d) ? JsonValue.Create(d)
                        : throw new ProblemException(At(reader.TokenStartIndex), "the number is too large", "Quote it if a string is meant");
                case JsonTokenType.True:
                    return JsonValue.Create(true);
                case JsonTokenType.False:
                    return JsonValue.Create(false);
                default:
                    return null;
            }
        }
    }
}
