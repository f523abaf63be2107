using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Text;

/// <summary>Text that cannot be read, in the words of Go's decoders.</summary>
internal sealed class TextException(string message) : Exception(message);

/// <summary>Reads JSON bodies; what is no JSON is explained as Go's decoder explains it.</summary>
internal static class JsonText
{
    public static JsonNode? Parse(ReadOnlyMemory<byte> body, DecodeReport report)
    {
        try
        {
            return StrictJson.Parse(body, report);
        }
        catch (JsonException e)
        {
            throw new TextException(Explain(Encoding.UTF8.GetString(body.Span), e));
        }
    }

    private static string Explain(string text, JsonException error)
    {
        if (string.IsNullOrWhiteSpace(text) || EndsTooEarly(text))
        {
            return "unexpected end of JSON input";
        }

        var lines = text.Split('\n');
        var line = lines[(int)Math.Min(error.LineNumber ?? 0, lines.Length - 1)];
        var at = (int)Math.Min(error.BytePositionInLine ?? 0, Math.Max(line.Length - 1, 0));
        return $"invalid character '{(line.Length > 0 ? line[at] : '\n')}' looking for beginning of value";
    }

    private static bool EndsTooEarly(string text)
    {
        var depth = 0;
        var inString = false;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\' when inString:
                    i++;
                    break;
                case '"':
                    inString = !inString;
                    break;
                case '{' or '[' when !inString:
                    depth++;
                    break;
                case '}' or ']' when !inString:
                    depth--;
                    break;
            }
        }

        return inString || depth > 0;
    }
}
