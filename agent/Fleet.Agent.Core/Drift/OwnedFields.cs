using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Drift;

/// <summary>
/// A FieldsV1 set as UTF-8 JSON, which is how it is kept for hundreds of objects. A leaf that was applied as <c>{}</c>,
/// <c>[]</c> or null carries a mark: we own that it is there, and not what others put into it.
/// </summary>
public sealed class OwnedFields
{
    /// <summary>No FieldsV1 path begins with it: theirs are <c>f: k: v: i: .</c></summary>
    internal const string PresenceOnly = "?";

    public static readonly OwnedFields None = new(default);

    private OwnedFields(ReadOnlyMemory<byte> utf8) => Utf8 = utf8;

    public ReadOnlyMemory<byte> Utf8 { get; }
    public bool IsNone => Utf8.IsEmpty;

    public static OwnedFields Of(JsonElement stored) => new(System.Text.Encoding.UTF8.GetBytes(stored.GetRawText()));

    /// <summary>What a manager's Apply owns in an object, from its managedFields; None when there is no such entry.</summary>
    /// <param name="live">The apply's answer, or the object as it is.</param>
    /// <param name="manager">The field manager.</param>
    /// <param name="rendered">What was applied, to find the leaves that count for presence only.</param>
    public static OwnedFields From(KubeObject live, string manager, KubeObject rendered)
    {
        if (ManagedEntry.OfApply(live, manager)?.Fields is not { } fields) return None;
        var set = (JsonObject)fields.DeepClone();
        Mark(set, rendered.Json);
        return new(System.Text.Encoding.UTF8.GetBytes(set.ToJsonString()));
    }

    /// <summary>The set as the server knows it, to put a lost managedFields entry back.</summary>
    public JsonObject ToFieldsV1()
    {
        var set = JsonNode.Parse(Utf8.Span) as JsonObject ?? [];
        Unmark(set);
        return set;
    }

    /// <summary>The set with its marks: a leaf that counts for presence only is no empty node in it.</summary>
    internal JsonObject Marked() => JsonNode.Parse(Utf8.Span) as JsonObject ?? [];

    private static void Mark(JsonObject set, JsonNode? value)
    {
        foreach (var (path, node) in set.ToList())
        {
            if (node is not JsonObject child) continue;
            if (!TryStep(path, value, out var next)) continue;
            if (child.Count > 0) Mark(child, next);
            else if (path.StartsWith("f:", StringComparison.Ordinal) && next is null or JsonObject { Count: 0 } or JsonArray { Count: 0 }) child[PresenceOnly] = new JsonObject();
        }
    }

    private static void Unmark(JsonObject set)
    {
        set.Remove(PresenceOnly);
        foreach (var (_, node) in set)
        {
            if (node is JsonObject child) Unmark(child);
        }
    }

    private static bool TryStep(string path, JsonNode? value, out JsonNode? next)
    {
        next = null;
        if (path.StartsWith("f:", StringComparison.Ordinal)) return value is JsonObject map && map.TryGetPropertyValue(path[2..], out next);
        if (!path.StartsWith("k:", StringComparison.Ordinal) || value is not JsonArray list) return false;
        var wanted = ListKey.Parse(path);
        next = list.FirstOrDefault(item => wanted?.Matches(item) == true);
        return next is not null;
    }
}
