using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.Agent.Core.Objects;

/// <summary>JSON in one form only (sorted keys, one text per number), to be hashed or compared byte for byte.</summary>
public static class CanonicalJson
{
    public static string Text(JsonNode? node) => Encoding.UTF8.GetString(Bytes(node).WrittenSpan);

    /// <summary>SHA-256 of the canonical form, as 43 characters of unpadded base64url.</summary>
    public static string Hash(JsonNode? node)
    {
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(Bytes(node).WrittenSpan, digest);
        return Base64Url(digest);
    }

    public static void Write(Utf8JsonWriter writer, JsonNode? node)
    {
        switch (node)
        {
            case null:
                writer.WriteNullValue();
                break;
            case JsonObject o:
                writer.WriteStartObject();
                foreach (var (key, value) in o.OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(key);
                    Write(writer, value);
                }
                writer.WriteEndObject();
                break;
            case JsonArray a:
                writer.WriteStartArray();
                foreach (var item in a) Write(writer, item);
                writer.WriteEndArray();
                break;
            case JsonValue v when JsonNumber.TryRead(v, out var n):
                writer.WriteRawValue(n.Canonical, skipInputValidation: true);
                break;
            case JsonValue v when v.AsText() is { } s:
                writer.WriteStringValue(s);
                break;
            default:
                node.WriteTo(writer);
                break;
        }
    }

    internal static string Base64Url(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static ArrayBufferWriter<byte> Bytes(JsonNode? node)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer, new() { SkipValidation = true, MaxDepth = 512 });
        Write(writer, node);
        writer.Flush();
        return buffer;
    }
}
