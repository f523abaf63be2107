using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Schema;

/// <summary>A value that may be absent, since in JSON null is a value and absence is none.</summary>
public readonly record struct Slot(bool Present, JsonNode? Node)
{
    public static Slot Absent => default;

    public bool IsNull => Present && Node is null;

    public static Slot Of(JsonNode? node) => new(true, node);

    public static Slot Under(JsonObject? map, string name) =>
        map is not null && map.TryGetPropertyValue(name, out var node) ? new Slot(true, node) : Absent;
}
