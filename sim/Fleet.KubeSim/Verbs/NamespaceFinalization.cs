using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;

namespace Fleet.KubeSim.Verbs;

/// <summary>Namespaces carry finalizers of their own, in spec: while any is there the namespace stays.</summary>
internal static class NamespaceFinalization
{
    public static bool Blocks(ApiResource resource, JsonObject content) =>
        resource is { Kind: "Namespace", Group: "" } && content["spec"]?["finalizers"] is JsonArray { Count: > 0 };
}
