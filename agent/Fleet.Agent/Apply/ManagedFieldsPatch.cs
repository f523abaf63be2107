using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Apply;

/// <summary>The JSON patch that lets go of an object: our label and our entries in managedFields, and nothing else; it holds only for the object as it was read.</summary>
internal static class ManagedFieldsPatch
{
    public static JsonArray Release(KubeObject live)
    {
        var rest = new JsonArray([.. live.ManagedFields.Objects().Where(e => !IsOurs(e)).Select(e => e.DeepClone())]);
        // An empty list would be ignored; one empty entry means "forget them all".
        if (rest.Count == 0) rest.Add((JsonNode)new JsonObject());
        // Through the constructor: adding a JsonObject to a JsonArray binds to a generic method that trimming cannot follow.
        var patch = new JsonArray(
            new JsonObject { ["op"] = "test", ["path"] = "/metadata/resourceVersion", ["value"] = live.ResourceVersion },
            new JsonObject { ["op"] = live.ManagedFields is null ? "add" : "replace", ["path"] = "/metadata/managedFields", ["value"] = rest });
        if (live.Label(Ownership.Label) is not null) patch.Add((JsonNode)new JsonObject { ["op"] = "remove", ["path"] = $"/metadata/labels/{Ownership.Label.Replace("/", "~1", StringComparison.Ordinal)}" });
        return patch;
    }

    private static bool IsOurs(JsonObject entry) => entry.Text("manager") is Ownership.FieldManager or Ownership.ReleasedManager;
}
