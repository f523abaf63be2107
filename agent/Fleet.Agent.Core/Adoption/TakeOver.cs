using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Core.Adoption;

/// <summary>
/// Puts an object's managedFields right before an apply. Server-side apply removes only what our own entry lists: where that
/// entry is lost, or the fields still stand under the tool that applied them before, fields removed in Git would live on for ever, unseen.
/// </summary>
public static class TakeOver
{
    public const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>A JSON patch that holds only for the object as it was read, or null when all is in order.</summary>
    /// <param name="live">The object as it was read, at the version that it is rendered with.</param>
    /// <param name="entry">What the Inventory knows of it; null or an intent when it is being adopted.</param>
    /// <param name="isServed">Whether the server still serves an apiVersion: an entry for one that it does not is ignored by it.</param>
    public static JsonArray? Patch(KubeObject live, InventoryEntry? entry, Func<string, bool> isServed)
    {
        var all = ManagedEntry.All(live).ToList();
        var ours = all.Where(e => IsOurs(e) && e.IsApply).ToList();
        var current = ours.Find(e => isServed(e.ApiVersion));
        var isKnown = entry is { IsIntent: false };
        var stale = ours.Where(e => !isServed(e.ApiVersion)).ToList();
        var fold = all.Where(e => IsFolded(e, isKnown)).ToList();
        var restored = current is null && isKnown && !entry!.Fields.IsNone ? entry.Fields.ToFieldsV1() : null;

        var fields = new JsonObject();
        foreach (var part in stale.Concat(fold).Select(e => e.Fields).Append(current?.Fields).Append(restored)) FieldSets.Merge(fields, part);
        foreach (var part in Taken(live, all, isKnown)) FieldSets.Merge(fields, part);

        var changes = false;
        var rest = new List<JsonObject>();
        foreach (var (node, managed) in live.ManagedFields.Objects().Where(o => o.Map("fieldsV1") is not null).Zip(all))
        {
            if (fold.Contains(managed) || stale.Contains(managed)) changes = true;
            else if (managed == current) continue;
            else if (!IsOriginless(managed)) rest.Add((JsonObject)node.DeepClone());
            else if (Without(node, managed, fields) is var left && left is not null) (_, changes) = (Keep(left), changes || !JsonNode.DeepEquals(left, node));
            else changes = true;
        }
        if (!changes && restored is null) return null;
        var entries = new JsonArray();
        if (fields.Count > 0) entries.Add((JsonNode)Mine(fields, current?.ApiVersion ?? live.ApiVersion));
        foreach (var other in rest) entries.Add((JsonNode)other);
        // Through the constructor: a collection expression binds to a generic Add that trimming cannot follow.
        return new JsonArray(
            new JsonObject { ["op"] = "test", ["path"] = "/metadata/resourceVersion", ["value"] = live.ResourceVersion },
            new JsonObject { ["op"] = live.ManagedFields is null ? "add" : "replace", ["path"] = "/metadata/managedFields", ["value"] = entries });

        bool Keep(JsonObject left)
        {
            rest.Add(left);
            return true;
        }
    }

    /// <summary>
    /// Fields of the tool's that would go with its entry, since the manifest has none of them and nobody else owns them; null when there are none.
    /// </summary>
    /// <param name="live">The object as it was read.</param>
    /// <param name="answer">Of our apply as a dry-run, before anything is folded.</param>
    public static JsonObject? Goes(KubeObject live, KubeObject answer)
    {
        var all = ManagedEntry.All(live).ToList();
        var fields = new JsonObject();
        foreach (var part in all.Where(e => IsFolded(e, false)).Select(e => e.Fields).Concat(Taken(live, all, false))) FieldSets.Merge(fields, part);
        var goes = FieldSets.Subtract(fields, ManagedEntry.OfApply(answer, Ownership.FieldManager)?.Fields);
        foreach (var other in all.Where(e => !IsFolded(e, false) && !IsOriginless(e)))
        {
            if (goes is not null) goes = FieldSets.Subtract(goes, other.Fields);
        }
        return goes;
    }

    private static bool IsOurs(ManagedEntry e) => e.Manager == Ownership.FieldManager && e.Subresource.Length == 0;

    /// <summary>Entries that the server makes of everything there is when an object without managedFields is applied: whoever set what in them is not known.</summary>
    private static bool IsOriginless(ManagedEntry e) => e.Subresource.Length == 0 && e.Manager is ForeignTools.BeforeFirstApply or "ancient-changes";

    private static bool IsFolded(ManagedEntry e, bool isKnown)
    {
        if (e.Subresource.Length > 0 || IsOriginless(e)) return false;
        // Our own plain updates would conflict with our own applies.
        if (IsOurs(e) && !e.IsApply) return true;
        // An object that is ours already: what others set on it since is theirs, and is no business of an apply.
        return !isKnown && ForeignTools.IsOne(e.Manager);
    }

    /// <summary>Of what nobody is named for, only what kubectl's own annotation says it applied: the rest holds defaults and what controllers allocated.</summary>
    private static IEnumerable<JsonObject> Taken(KubeObject live, List<ManagedEntry> all, bool isKnown)
    {
        if (isKnown || live.Annotation(LastApplied) is not { } text) yield break;
        JsonObject? applied;
        try
        {
            applied = JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            yield break;
        }
        if (applied is null) yield break;
        if (applied["metadata"] is not JsonObject metadata) applied["metadata"] = metadata = [];
        if (metadata["annotations"] is not JsonObject annotations) metadata["annotations"] = annotations = [];
        annotations[LastApplied] = "";
        foreach (var entry in all.Where(IsOriginless))
        {
            if (FieldSets.Within(entry.Fields, applied) is { } part) yield return part;
        }
    }

    private static JsonObject? Without(JsonObject node, ManagedEntry managed, JsonObject fields)
    {
        if (FieldSets.Subtract(managed.Fields, fields) is not { } left) return null;
        var entry = (JsonObject)node.DeepClone();
        entry["fieldsV1"] = left;
        return entry;
    }

    private static JsonObject Mine(JsonObject fields, string apiVersion) => new()
    {
        ["manager"] = Ownership.FieldManager,
        ["operation"] = "Apply",
        ["apiVersion"] = apiVersion,
        ["fieldsType"] = "FieldsV1",
        ["fieldsV1"] = fields,
    };
}
