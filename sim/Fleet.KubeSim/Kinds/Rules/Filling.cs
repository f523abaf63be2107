using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Filling in of what was left out.</summary>
internal static class Filling
{
    /// <summary>Sets a field that is absent or null.</summary>
    public static void Fill(this JsonObject map, string name, JsonNode? value)
    {
        if (map[name] is null)
        {
            map[name] = value;
        }
    }

    /// <summary>Sets a text that is absent or empty.</summary>
    public static void FillText(this JsonObject map, string name, string value)
    {
        if (string.IsNullOrEmpty(map.Text(name)))
        {
            map[name] = value;
        }
    }

    /// <summary>Sets a number that is absent or zero.</summary>
    public static void FillNumber(this JsonObject map, string name, int value)
    {
        if (map.Whole(name) is null or 0)
        {
            map[name] = value;
        }
    }

    /// <summary>The objects in a list field; none when it is absent.</summary>
    public static IEnumerable<JsonObject> Each(this JsonObject? map, string name) =>
        map.List(name)?.OfType<JsonObject>() ?? [];
}
