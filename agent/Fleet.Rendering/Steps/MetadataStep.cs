using System.Text.Json.Nodes;

namespace Fleet.Rendering.Steps;

/// <summary>Adds the Assignment's labels and annotations to metadata alone: in a selector they would make an immutable field of a wish.</summary>
internal static class MetadataStep
{
    public static void Run(List<RenderedObject> objects, RenderContext context)
    {
        foreach (var o in objects)
        {
            var metadata = (JsonObject)o.Manifest["metadata"]!;
            Add(metadata, "labels", context.Request.Labels);
            Add(metadata, "annotations", context.Request.Annotations);
        }
    }

    private static void Add(JsonObject metadata, string key, IReadOnlyDictionary<string, string> values)
    {
        if (values.Count == 0) return;
        if (metadata[key] is not JsonObject map) metadata[key] = map = [];
        foreach (var (name, value) in values.OrderBy(v => v.Key, StringComparer.Ordinal)) map[name] = value;
    }
}
