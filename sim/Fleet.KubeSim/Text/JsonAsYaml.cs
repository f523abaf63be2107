using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Text;

/// <summary>
/// Reads a body that is said to be YAML but is plain JSON, as clients send it, many times faster than the YAML reader. Only where both
/// mean the same beyond doubt: anything that YAML reads otherwise (fractions, rare escapes, repeated keys) or that is no JSON is left to it.
/// </summary>
internal static class JsonAsYaml
{
    private const int MaximumBytes = 1024 * 1024;
    private const int MaximumKey = 1000;
    private static readonly SearchValues<byte> Plain = SearchValues.Create([(byte)'\n', .. Enumerable.Range(' ', 0x7f - ' ').Select(c => (byte)c)]);

    /// <summary>The object, or null when the YAML reader must decide.</summary>
    public static JsonObject? TryParse(ReadOnlySpan<byte> body)
    {
        if (body.Length is < 2 or > MaximumBytes || body[0] != (byte)'{' || body.ContainsAnyExcept(Plain))
        {
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(body);
            reader.Read();
            return TryRead(ref reader, out var node) && !reader.Read() ? (JsonObject)node! : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool TryRead(ref Utf8JsonReader reader, out JsonNode? node)
    {
        node = null;
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var map = new JsonObject();
                node = map;
                return TryFill(ref reader, map);
            case JsonTokenType.StartArray:
                var list = new JsonArray();
                node = list;
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (!TryRead(ref reader, out var item))
                    {
                        return false;
                    }

                    list.Add(item);
                }

                return true;
            case JsonTokenType.String:
                if (reader.ValueIsEscaped && !EscapesAgree(reader.ValueSpan))
                {
                    return false;
                }

                node = JsonValue.Create(reader.GetString());
                return true;
            case JsonTokenType.Number:
                if (!Utf8Parser.TryParse(reader.ValueSpan, out long number, out var read) || read != reader.ValueSpan.Length || number == long.MinValue)
                {
                    return false;
                }

                node = JsonValue.Create(number);
                return true;
            case JsonTokenType.True or JsonTokenType.False:
                node = JsonValue.Create(reader.TokenType == JsonTokenType.True);
                return true;
            default:
                return reader.TokenType == JsonTokenType.Null;
        }
    }

    private static bool TryFill(ref Utf8JsonReader reader, JsonObject map)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            // The reader has gone on past the colon; YAML wants it directly behind the key.
            var length = reader.ValueSpan.Length;
            if (length > MaximumKey || reader.BytesConsumed != reader.TokenStartIndex + length + 3 || (reader.ValueIsEscaped && !EscapesAgree(reader.ValueSpan)))
            {
                return false;
            }

            var name = JsonNames.Of(ref reader);
            if (!reader.Read() || !TryRead(ref reader, out var child) || !map.TryAdd(name, child))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether all escapes are among those which JSON and YAML share; surrogates, slashes and control characters are not.</summary>
    private static bool EscapesAgree(ReadOnlySpan<byte> text)
    {
        for (var at = text.IndexOf((byte)'\\'); at >= 0; at = text.IndexOf((byte)'\\'))
        {
            text = text[(at + 1)..];
            switch (text[0])
            {
                case (byte)'"' or (byte)'\\' or (byte)'n' or (byte)'t' or (byte)'r':
                    text = text[1..];
                    break;
                case (byte)'u' when text is [_, (byte)'0', (byte)'0', >= (byte)'2' and <= (byte)'7', ..] && !Ascii.EqualsIgnoreCase(text[3..5], "7f"u8):
                    text = text[5..];
                    break;
                default:
                    return false;
            }
        }

        return true;
    }
}
