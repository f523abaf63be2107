using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Plan;

/// <summary>Settles an object's namespace once it is known whether its kind lives in namespaces.</summary>
public static class Scoping
{
    /// <summary>Changes the manifest in place; the note says what somebody may miss.</summary>
    public static string? Settle(JsonObject manifest, bool namespaced, string defaultNamespace)
    {
        if (manifest["metadata"] is not JsonObject metadata) manifest["metadata"] = metadata = [];
        var ns = metadata.Text("namespace") ?? "";
        if (namespaced)
        {
            if (ns.Length == 0) metadata["namespace"] = defaultNamespace.Length == 0 ? "default" : defaultNamespace;
            return null;
        }
        if (!metadata.Remove("namespace") || ns.Length == 0) return null;
        return $"metadata.namespace: left out, since {manifest.Text("kind")} is cluster-scoped";
    }

    /// <summary>Kinds that the manifests themselves define, which the server cannot know before their CRDs are applied.</summary>
    public static IReadOnlyDictionary<(string Group, string Kind), bool> DeclaredKinds(IEnumerable<JsonObject> manifests)
    {
        var kinds = new Dictionary<(string, string), bool>();
        foreach (var crd in manifests.Where(m => m.Text("kind") == "CustomResourceDefinition"))
        {
            var spec = crd.Map("spec");
            if (spec.Text("group") is { } group && spec.Map("names").Text("kind") is { } kind) kinds[(group, kind)] = spec.Text("scope") != "Cluster";
        }
        return kinds;
    }
}
