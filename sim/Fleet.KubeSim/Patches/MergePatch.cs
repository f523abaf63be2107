using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Patches;

/// <summary>JSON merge patch (RFC 7386). Maps that are touched come out with sorted keys, as from the server's library.</summary>
public static class MergePatch
{
    /// <summary>The patched value, of new nodes throughout.</summary>
    public static PatchResult Apply(JsonObject target, JsonNode? patch) => patch switch
    {
        JsonObject map => PatchResult.Of(Merge(target, map)),
        JsonArray => PatchResult.BadRequest("error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"),
        _ => PatchResult.BadRequest("error decoding patch: json: cannot unmarshal value into Go value of type map[string]interface {}"),
    };

    private static JsonObject Merge(JsonObject? target, JsonObject patch)
    {
        var merged = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (var (name, node) in target ?? [])
        {
            merged[name] = node;
        }

        foreach (var (name, node) in patch)
        {
            if (node is null)
            {
                merged.Remove(name);
            }
            else if (node is JsonObject map)
            {
                merged[name] = Merge(merged.GetValueOrDefault(name) as JsonObject, map);
            }
            else
            {
                merged[name] = node;
            }
        }

        var result = new JsonObject();
        foreach (var (name, node) in merged)
        {
            result.Add(name, node?.Parent is null ? node : node.DeepClone());
        }

        return result;
    }
}
