using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Fields;

/// <summary>
/// kubectl's way from client-side to server-side apply: what its last-applied annotation and the live object agree on
/// is no conflict, and the annotation follows. Only for the manager "kubectl".
/// </summary>
internal static class LastApplied
{
    public const string Kubectl = "kubectl";
    private const string Annotation = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>What an object's annotations may take; an annotation that does not fit is dropped.</summary>
    private const int MaxAnnotations = 256 * 1024;

    /// <summary>The conflicts that remain: all, when there is no annotation or some conflict is not covered by it.</summary>
    public static List<(ManagerKey Manager, FieldSet Fields)> Unforgiven(
        FieldWrite write, JsonObject live, List<(ManagerKey Manager, FieldSet Fields)> conflicts)
    {
        if (Allowed(write, live) is not { } allowed)
        {
            return conflicts;
        }

        return [.. conflicts.Select(c => (c.Manager, Fields: c.Fields.Difference(allowed))).Where(c => !c.Fields.IsEmpty)];
    }

    /// <summary>Writes the applied configuration into the annotation, where the object has one.</summary>
    public static void Follow(JsonObject item, JsonObject applied)
    {
        if (item.Map("metadata").Map("annotations") is not { } annotations || annotations.Text(Annotation) is not { Length: > 0 })
        {
            return;
        }

        var copy = (JsonObject)applied.DeepClone();
        copy.Map("metadata").Map("annotations")?.Remove(Annotation);
        annotations[Annotation] = Json.Encode(Sorted(copy)) + "\n";
        if (annotations.Sum(a => Encoding.UTF8.GetByteCount(a.Key) + Encoding.UTF8.GetByteCount(Json.TextOf(a.Value) ?? "")) > MaxAnnotations)
        {
            annotations.Remove(Annotation);
        }
    }

    private static FieldSet? Allowed(FieldWrite write, JsonObject live)
    {
        if (live.Map("metadata").Map("annotations").Text(Annotation) is not { Length: > 0 } text)
        {
            return null;
        }

        JsonObject? last;
        try
        {
            last = JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }

        if (last is null || last.Text("apiVersion") != write.ApiVersion || TypedValidation.Check(write.Schema, last, allowDuplicates: true) is not null)
        {
            return null;
        }

        var difference = TypedComparison.Of(write.Schema, last, live, null);
        return TypedFields.Of(write.Schema, last).Difference(difference.Modified).Difference(difference.Added).Difference(difference.Removed);
    }

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => new KeyValuePair<string, JsonNode?>(p.Key, Sorted(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
