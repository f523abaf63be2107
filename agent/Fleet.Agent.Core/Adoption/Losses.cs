using System.Text.Json.Nodes;
using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Core.Adoption;

/// <summary>Asks, before an adoption, what an object would lose with the old tool's entry: much of what a tool is named for are defaults, which the server puts back.</summary>
public static class Losses
{
    /// <summary>A JSON patch, for a dry-run, that takes the fields away; null when nothing would change.</summary>
    public static JsonArray? Trial(KubeObject live, JsonObject goes)
    {
        var without = live.Clone();
        Remove(without.Json, goes);
        var patch = new JsonArray((JsonNode)new JsonObject { ["op"] = "test", ["path"] = "/metadata/resourceVersion", ["value"] = live.ResourceVersion });
        foreach (var (key, was) in live.Json)
        {
            if (key is "status" or "apiVersion" or "kind" or "metadata" || JsonNode.DeepEquals(was, without.Json[key])) continue;
            patch.Add((JsonNode)Change(without.Json, key, "/" + key));
        }
        foreach (var key in (string[])["labels", "annotations"])
        {
            if (!JsonNode.DeepEquals(live.Metadata.At(key), without.Metadata.At(key))) patch.Add((JsonNode)Change(without.Metadata!, key, "/metadata/" + key));
        }
        return patch.Count == 1 ? null : patch;
    }

    /// <summary>What really goes, by name.</summary>
    public static IReadOnlyList<string> Named(KubeObject live, KubeObject answer) =>
        [.. DriftJudge.Compare(Bookkeeping.Bare(answer), Bookkeeping.Bare(live), Ownership.FieldManager).Fields.Select(f => f.Path)];

    private static JsonObject Change(JsonObject without, string key, string path) => without.ContainsKey(key)
        ? new() { ["op"] = "replace", ["path"] = path, ["value"] = without[key]?.DeepClone() }
        : new() { ["op"] = "remove", ["path"] = path };

    private static void Remove(JsonNode? at, JsonObject set)
    {
        foreach (var (path, node) in set)
        {
            if (node is not JsonObject child || path == "." || !FieldSets.TryStep(path, at, out var next)) continue;
            var whole = FieldSets.IsLeaf(child) || (child.ContainsKey(".") && path[0] is 'k' or 'v');
            if (!whole) Remove(next, child);
            else if (at is JsonObject map) map.Remove(path[2..]);
            else if (at is JsonArray list) list.Remove(next);
        }
    }
}
