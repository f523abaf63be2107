using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Storage;

/// <summary>Whose dependent an object is.</summary>
internal sealed record OwnerReference(string ApiVersion, string Kind, string Name, string Uid, bool BlocksDeletion)
{
    public static OwnerReference Parse(JsonObject reference) => new(
        (string?)reference["apiVersion"] ?? "",
        (string?)reference["kind"] ?? "",
        (string?)reference["name"] ?? "",
        (string?)reference["uid"] ?? "",
        reference["blockOwnerDeletion"] is JsonValue value && value.TryGetValue(out bool blocks) && blocks);
}
