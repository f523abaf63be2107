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
    /// <summary>A JSON patch that holds only for the object as it was read, or null when all is in order.</summary>
    /// <param name="live">The object as it was read, at the version that it is rendered with.</param>
    /// <param name="entry">What the Inventory knows of it; null or an intent when it is being adopted.</param>
    /// <param name="isServed">Whether the server still serves an apiVersion: an entry for one that it does not is ignored by it.</param>
    public static JsonArray? Patch(KubeObject live, InventoryEntry? entry, Func<string, bool> isServed)
    {
        var all = ManagedEntry.All(live).ToList();
        var ours = all.Where(e => IsOurs(e) && e.IsApply).ToList();
        var lost = !ours.Exists(e => isServed(e.ApiVersion));
        var isKnown = entry is { IsIntent: false };
        var fold = all.Where(e => IsFolded(e, isKnown, lost)).ToList();
        var stale = ours.Where(e => !isServed(e.ApiVersion)).ToList();
        var restored = lost && isKnown && !entry!.Fields.IsNone ? entry.Fields.ToFieldsV1() : null;
        if (fold.Count == 0 && stale.Count == 0 && restored is null) return null;

        var current = ours.Find(e => isServed(e.ApiVersion));
        var fields = new JsonObject();
        foreach (var part in stale.Concat(fold).Select(e => e.Fields).Append(current?.Fields).Append(restored)) Merge(fields, part);
        var mine = new JsonObject
        {
            ["manager"] = Ownership.FieldManager,
            ["operation"] = "Apply",
            ["apiVersion"] = current?.ApiVersion ?? live.ApiVersion,
            ["fieldsType"] = "FieldsV1",
            ["fieldsV1"] = fields,
        };
        var gone = new HashSet<ManagedEntry>(fold.Concat(stale).Concat(current is null ? [] : [current]), ReferenceEqualityComparer.Instance);
        var entries = new JsonArray(mine);
        foreach (var (node, managed) in live.ManagedFields.Objects().Where(o => o.Map("fieldsV1") is not null).Zip(all))
        {
            if (!gone.Contains(managed)) entries.Add(node.DeepClone());
        }
        // Through the constructor: a collection expression binds to a generic Add that trimming cannot follow.
        return new JsonArray(
            new JsonObject { ["op"] = "test", ["path"] = "/metadata/resourceVersion", ["value"] = live.ResourceVersion },
            new JsonObject { ["op"] = live.ManagedFields is null ? "add" : "replace", ["path"] = "/metadata/managedFields", ["value"] = entries });
    }

    private static bool IsOurs(ManagedEntry e) => e.Manager == Ownership.FieldManager && e.Subresource.Length == 0;

    private static bool IsFolded(ManagedEntry e, bool isKnown, bool lost)
    {
        if (e.Subresource.Length > 0) return false;
        // Our own plain updates would conflict with our own applies.
        if (IsOurs(e) && !e.IsApply) return true;
        // An object that is ours already: what others set on it since is theirs, and is no business of an apply.
        if (isKnown) return lost && e.Manager == ForeignTools.BeforeFirstApply;
        return ForeignTools.IsOne(e.Manager);
    }

    private static void Merge(JsonObject into, JsonObject? from)
    {
        foreach (var (path, node) in from ?? [])
        {
            if (node is not JsonObject child) continue;
            if (into[path] is JsonObject there) Merge(there, child);
            else into[path] = child.DeepClone();
        }
    }
}
