using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.Agent.Core.Objects;

/// <summary>Reads untyped JSON without throwing: what is absent or of another type is null.</summary>
public static class JsonReading
{
    public static JsonNode? At(this JsonNode? node, string key) =>
        node is JsonObject o && o.TryGetPropertyValue(key, out var v) ? v : null;

    public static JsonNode? At(this JsonNode? node, string key, string next) => node.At(key).At(next);

    public static JsonObject? Map(this JsonNode? node, string key) => node.At(key) as JsonObject;

    public static JsonArray? List(this JsonNode? node, string key) => node.At(key) as JsonArray;

    public static string? Text(this JsonNode? node, string key) => node.At(key).AsText();

    public static string? AsText(this JsonNode? node) =>
        node is JsonValue v && v.GetValueKind() == JsonValueKind.String ? v.GetValue<string>() : null;

    public static bool? Flag(this JsonNode? node, string key) => node.At(key) is JsonValue v
        ? v.GetValueKind() switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null }
        : null;

    /// <summary>A whole number, whatever it is backed by (1 and 1.0 are the same).</summary>
    public static long? Number(this JsonNode? node, string key) =>
        node.At(key) is JsonValue v && JsonNumber.TryRead(v, out var n) && n.IsWhole ? n.Whole : null;

    /// <summary>A Kubernetes time (RFC 3339).</summary>
    public static DateTimeOffset? Time(this JsonNode? node, string key) =>
        node.Text(key) is { } s && DateTimeOffset.TryParse(s, System.Globalization.CultureInfo.InvariantCulture,
            System.Globalization.DateTimeStyles.AssumeUniversal, out var t) ? t : null;

    public static IEnumerable<JsonObject> Objects(this JsonArray? list) => list is null ? [] : list.OfType<JsonObject>();
}
