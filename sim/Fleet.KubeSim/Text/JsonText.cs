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
            // What only this decoder refuses (such as invalid UTF-8, or nesting beyond the limit) is told in its own words.
            throw new TextException(GoJsonScanner.Explain(body.Span) ?? e.Message);
        }
    }
}
