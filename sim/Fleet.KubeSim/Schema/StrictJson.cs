using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Schema;

/// <summary>Reads JSON as Go's decoder does: a key that comes twice is reported, its maps merge, else the last one wins.</summary>
public static class StrictJson
{
    private const int MaxDepth = 512;

    /// <summary>Parses a body; duplicate keys are added to the report in the order met. Throws JsonException when it is no JSON.</summary>
    public static JsonNode? Parse(ReadOnlySequence<byte> body, DecodeReport report)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        reader.Read();
        var node = Read(ref reader, null, "", report);
        if (reader.Read())
        {
            throw new JsonException("content after the JSON value");
        }

        return node;
    }

    public static JsonNode? Parse(ReadOnlyMemory<byte> body, DecodeReport report) => Parse(new ReadOnlySequence<byte>(body), report);

    private static JsonNode? Scalar(ref Utf8JsonReader reader)
    {
        try
        {
            return JsonTree.Scalar(ref reader);
        }
        catch (InvalidOperationException)
        {
            // Text that is no Unicode; it counts only if someone looks at it.
            return JsonValue.Create(JsonElement.ParseValue(ref reader));
        }
    }

    private static JsonNode? Read(ref Utf8JsonReader reader, JsonObject? into, string path, DecodeReport report)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var map = into ?? [];
                HashSet<string>? seen = null;
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var name = JsonNames.Of(ref reader);
                    var below = path.Length == 0 ? name : $"{path}.{name}";
                    reader.Read();
                    JsonObject? first = null;
                    if (!(seen ??= new HashSet<string>(StringComparer.Ordinal)).Add(name))
                    {
                        first = map[name] as JsonObject;
                        var place = Read(ref reader, first, below, report);
                        report.AddStrict($"duplicate field \"{below}\"");
                        if (!ReferenceEquals(place, first))
                        {
                            map[name] = place;
                        }

                        continue;
                    }

                    var child = Read(ref reader, map.TryGetPropertyValue(name, out var old) ? old as JsonObject : null, below, report);
                    if (!ReferenceEquals(child, old) || child is null)
                    {
                        map[name] = child;
                    }
                }

                return map;
            case JsonTokenType.StartArray:
                var list = new JsonArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    list.Add(Read(ref reader, null, $"{path}[{list.Count}]", report));
                }

                return list;
            case JsonTokenType.Null:
                return null;
            default:
                return Scalar(ref reader);
        }
    }
}
