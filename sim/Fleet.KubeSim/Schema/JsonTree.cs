using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Schema;

/// <summary>
/// Reads well-formed JSON, such as what the store wrote, into nodes whose values are read once. JsonNode.Parse makes nodes that
/// decode their text again at each look, which server-side apply would pay for many times.
/// </summary>
internal static class JsonTree
{
    private const int MaxDepth = 1000;
    private static readonly JsonElement[] SmallNumbers = Numbers(4096);

    public static JsonObject ParseObject(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = MaxDepth });
        reader.Read();
        return (JsonObject)Read(ref reader)!;
    }

    /// <summary>A string, number, flag or null at which the reader stands.</summary>
    public static JsonNode? Scalar(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return JsonValue.Create(reader.GetString());
            case JsonTokenType.True:
                return JsonValue.Create(true);
            case JsonTokenType.False:
                return JsonValue.Create(false);
            case JsonTokenType.Null:
                return null;
            default:
                // Numbers keep their text: 1.0 is not 1, and callers may ask for int, long or double.
                return JsonValue.Create(!reader.HasValueSequence && Small(reader.ValueSpan) is >= 0 and var small ? SmallNumbers[small] : JsonElement.ParseValue(ref reader));
        }
    }

    private static JsonNode? Read(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var map = new JsonObject();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var name = JsonNames.Of(ref reader);
                    reader.Read();
                    map.Add(name, Read(ref reader));
                }

                return map;
            case JsonTokenType.StartArray:
                var list = new JsonArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    list.Add(Read(ref reader));
                }

                return list;
            default:
                return Scalar(ref reader);
        }
    }

    /// <summary>The value of a number of few digits, -1 for all others.</summary>
    private static int Small(ReadOnlySpan<byte> digits)
    {
        if (digits.Length > 4)
        {
            return -1;
        }

        var number = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return -1;
            }

            number = (number * 10) + digit - '0';
        }

        return number < SmallNumbers.Length ? number : -1;
    }

    private static JsonElement[] Numbers(int count)
    {
        var text = $"[{string.Join(',', Enumerable.Range(0, count).Select(n => n.ToString(CultureInfo.InvariantCulture)))}]";
        using var document = JsonDocument.Parse(text);
        // A clone is not tied to the document's pooled memory, and cloning its elements again costs nothing.
        return [.. document.RootElement.Clone().EnumerateArray()];
    }
}
