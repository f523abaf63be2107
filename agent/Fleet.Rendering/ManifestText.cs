using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.Rendering;

/// <summary>Reads strings out of manifests whose shape is not known to be right.</summary>
internal static class ManifestText
{
    public static string? Of(JsonNode? node, string key) => node is JsonObject map && map.TryGetPropertyValue(key, out var value) ? Of(value) : null;

    public static string? Of(JsonNode? value) => value is JsonValue v && v.GetValueKind() == JsonValueKind.String ? v.GetValue<string>() : null;

    public static string Group(JsonObject manifest)
    {
        var version = Of(manifest, "apiVersion") ?? "";
        var slash = version.IndexOf('/');
        return slash < 0 ? "" : version[..slash];
    }

    public static string Kind(JsonObject manifest) => Of(manifest, "kind") ?? "";

    public static string Namespace(JsonObject manifest) => Of(manifest["metadata"], "namespace") ?? "";

    public static string Name(JsonObject manifest) => Of(manifest["metadata"], "name") ?? "";

    /// <summary>What a value is, in words: <c>the boolean true</c>.</summary>
    public static string Words(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject => "a map",
        JsonArray => "a list",
        JsonValue v => v.GetValueKind() switch
        {
            JsonValueKind.True or JsonValueKind.False => $"the boolean {v.ToJsonString()}",
            JsonValueKind.Number => $"the number {v.ToJsonString()}",
            _ => $"the string {v.ToJsonString()}",
        },
        _ => "something else",
    };
}
