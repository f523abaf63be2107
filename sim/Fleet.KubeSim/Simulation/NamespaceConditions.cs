using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Simulation;

/// <summary>What a namespace that is being emptied tells of its progress.</summary>
internal static class NamespaceConditions
{
    private const string Removed = "All content successfully removed";

    /// <summary>Sets all five conditions, in the order in which the namespace controller writes them.</summary>
    public static void Set(JsonObject namespaceObject, IReadOnlyList<StoredObject> remaining, IReadOnlyList<string> failures, string now)
    {
        var status = namespaceObject.MapOrNew("status");
        Conditions.Set(status, "NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered", "All resources successfully discovered", now);
        Conditions.Set(status, "NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions", "All legacy kube types successfully parsed", now);
        if (failures.Count == 0)
        {
            Conditions.Set(
                status, "NamespaceDeletionContentFailure", false, "ContentDeleted", "All content successfully deleted, may be waiting on finalization", now);
        }
        else
        {
            Conditions.Set(
                status,
                "NamespaceDeletionContentFailure",
                true,
                "ContentDeletionFailed",
                $"Failed to delete all resource types, {failures.Count} remaining: {string.Join(", ", failures.Order(StringComparer.Ordinal))}",
                now);
        }

        SetRemaining(
            status, "NamespaceContentRemaining", "SomeResourcesRemain", "Some resources are remaining: ",
            remaining.CountBy(r => $"{r.Resource.Plural}.{r.Resource.Group}").Select(c => $"{c.Key} has {c.Value} resource instances"), now);
        SetRemaining(
            status, "NamespaceFinalizersRemaining", "SomeFinalizerRemain", "Some finalizers are remaining: ",
            remaining.SelectMany(r => Verbs.ObjectMetadata.Finalizers(r.ToJson().Map("metadata")!)).CountBy(f => f)
                .Select(c => $"{c.Key} in {c.Value} resource instances"), now);
    }

    private static void SetRemaining(JsonObject status, string type, string reason, string head, IEnumerable<string> parts, string now)
    {
        // Sorted, so that the same state is never written twice.
        var text = string.Join(", ", parts.Order(StringComparer.Ordinal));
        Conditions.Set(status, type, text.Length > 0, text.Length > 0 ? reason : "ContentRemoved", text.Length > 0 ? head + text : Removed, now);
    }
}
