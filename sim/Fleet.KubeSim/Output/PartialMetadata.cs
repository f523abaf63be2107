using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Output;

/// <summary>An object reduced to its metadata.</summary>
internal static class PartialMetadata
{
    public static JsonObject Of(JsonObject content, string version = "v1") => new()
    {
        ["kind"] = "PartialObjectMetadata",
        ["apiVersion"] = $"meta.k8s.io/{version}",
        ["metadata"] = content["metadata"]?.DeepClone() ?? new JsonObject(),
    };
}
