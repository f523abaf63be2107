using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Fields;

/// <summary>
/// Ownership through the scale subresource: who owns the parent's replicas owns the Scale's spec.replicas, and back.
/// A parent's entries are in the parent's version, a Scale's in autoscaling/v1.
/// </summary>
public static class ScaleFields
{
    private const string ScaleVersion = "autoscaling/v1";
    private static readonly FieldPath Replicas = FieldPath.Of("spec", "replicas");

    /// <summary>The managedFields of the Scale of a parent, null when nobody owns its replicas.</summary>
    /// <param name="parent">The object that is scaled.</param>
    /// <param name="replicas">Where the parent keeps its replicas, such as spec.replicas.</param>
    public static JsonArray? ToScale(JsonObject parent, FieldPath replicas)
    {
        var managed = ManagedEntries.Decode(parent.Map("metadata").List("managedFields")) ?? new ManagedEntries();
        var scale = new ManagedEntries();
        foreach (var (key, owned) in managed.Owners)
        {
            if (owned.Set.Has(replicas))
            {
                scale.Owners[key] = new OwnedFields(FieldSet.Of(Replicas), ScaleVersion, owned.Time);
            }
        }

        return Encoded(scale);
    }

    /// <summary>Sets the parent's managedFields from those of its written Scale.</summary>
    /// <param name="parent">The object that is scaled, with its managedFields as before the write; changed in place.</param>
    /// <param name="scale">The managedFields of the Scale after the write.</param>
    /// <param name="parentVersion">The parent's apiVersion.</param>
    /// <param name="replicas">Where the parent keeps its replicas.</param>
    public static void ToParent(JsonObject parent, JsonArray? scale, string parentVersion, FieldPath replicas)
    {
        var before = ManagedEntries.Decode(parent.Map("metadata").List("managedFields")) ?? new ManagedEntries();
        var rest = (ManagedEntries.Decode(scale) ?? new ManagedEntries()).Owners;
        var after = new ManagedEntries();
        foreach (var (key, owned) in before.Owners)
        {
            if (owned.Set.Has(replicas) && !rest.Remove(key))
            {
                // Another manager took the replicas through the Scale.
                var set = owned.Set.Difference(FieldSet.Of(replicas));
                if (!set.IsEmpty)
                {
                    after.Owners[key] = owned with { Set = set };
                }
            }
            else
            {
                after.Owners[key] = owned;
            }
        }

        foreach (var (key, owned) in rest)
        {
            if (owned.Set.Has(Replicas))
            {
                // As the real server: what an updater keeps through the Scale becomes an entry of its own beside the rest of
                // its fields, without a time, because its key names the version of the Scale.
                after.Owners[key] = new OwnedFields(FieldSet.Of(replicas), parentVersion, before.Owners.TryGetValue(key, out var known) ? known.Time : null);
            }
        }

        after.Encode(parent);
    }

    private static JsonArray? Encoded(ManagedEntries managed)
    {
        var carrier = new JsonObject { ["metadata"] = new JsonObject() };
        managed.Encode(carrier);
        var list = carrier.Map("metadata").List("managedFields");
        carrier.Map("metadata")!.Remove("managedFields");
        return list;
    }
}
