using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Schema;

/// <summary>Puts the fields of structs into the order of their declaration, as Go writes them, where defaults came in later.</summary>
internal static class DeclaredOrder
{
    /// <summary>The same node when all is in order, else a rebuilt one.</summary>
    public static JsonNode Of(TypeSchema type, JsonNode value)
    {
        switch (value)
        {
            case JsonObject map when type.IsStruct || type.MapElement is { IsStruct: true }:
                foreach (var name in map.Select(p => p.Key).ToArray())
                {
                    if (map[name] is JsonObject or JsonArray && type.Under(name) is { Raw: false } below)
                    {
                        var ordered = Of(below, map[name]!);
                        if (!ReferenceEquals(ordered, map[name]))
                        {
                            map[name] = ordered;
                        }
                    }
                }

                return type.IsStruct && !InOrder(type, map) ? Rebuilt(type, map) : map;
            case JsonArray list when type.ListElement is { Raw: false } element && (element.IsStruct || element.AllowsMap || element.AllowsList):
                for (var i = 0; i < list.Count; i++)
                {
                    if (list[i] is JsonObject or JsonArray)
                    {
                        var ordered = Of(element, list[i]!);
                        if (!ReferenceEquals(ordered, list[i]))
                        {
                            list[i] = ordered;
                        }
                    }
                }

                return list;
            default:
                return value;
        }
    }

    private static bool InOrder(TypeSchema type, JsonObject map)
    {
        var last = -1;
        foreach (var (name, _) in map)
        {
            var index = type.Field(name)?.Index ?? int.MaxValue;
            if (index < last)
            {
                return false;
            }

            last = index;
        }

        return true;
    }

    private static JsonObject Rebuilt(TypeSchema type, JsonObject map)
    {
        var entries = map.OrderBy(p => type.Field(p.Key)?.Index ?? int.MaxValue).ToArray();
        map.Clear();
        foreach (var (name, node) in entries)
        {
            map.Add(name, node);
        }

        return map;
    }
}
