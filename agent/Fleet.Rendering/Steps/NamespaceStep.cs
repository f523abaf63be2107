using System.Text.Json.Nodes;

namespace Fleet.Rendering.Steps;

/// <summary>Sets namespaces: the override on all namespaced objects, the default on those that name none.</summary>
internal static class NamespaceStep
{
    public static void Run(List<RenderedObject> objects, RenderContext context)
    {
        var (forced, fallback) = (context.Request.Namespace, context.Request.DefaultNamespace);
        if (forced.Length == 0 && fallback.Length == 0) return;
        var kinds = new ClusterKinds(objects);
        // Before anything moves: bindings name accounts by where they stood.
        var accounts = objects.Where(o => ManifestText.Kind(o.Manifest) == "ServiceAccount")
            .Select(o => (ManifestText.Namespace(o.Manifest), ManifestText.Name(o.Manifest))).ToHashSet();
        foreach (var o in objects)
        {
            if (forced.Length > 0) Subjects(o.Manifest, accounts, forced);
            if (kinds.IsClusterScoped(o.Manifest)) continue;
            var metadata = (JsonObject)o.Manifest["metadata"]!;
            if (forced.Length > 0) metadata["namespace"] = forced;
            else if (ManifestText.Namespace(o.Manifest).Length == 0) metadata["namespace"] = fallback;
        }
    }

    /// <summary>An account that moves takes the bindings' subjects along, as kustomize does; accounts of others stay where they are.</summary>
    private static void Subjects(JsonObject manifest, HashSet<(string, string)> accounts, string forced)
    {
        if (ManifestText.Kind(manifest) is not ("RoleBinding" or "ClusterRoleBinding") || manifest["subjects"] is not JsonArray subjects) return;
        foreach (var subject in subjects.OfType<JsonObject>().Where(s => ManifestText.Of(s, "kind") == "ServiceAccount"))
        {
            var name = ManifestText.Of(subject, "name") ?? "";
            var ns = ManifestText.Of(subject, "namespace") ?? "";
            if (accounts.Contains((ns, name)) || accounts.Contains(("", name))) subject["namespace"] = forced;
        }
    }
}
