using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Fields;

/// <summary>
/// The rules of structured-merge-diff over managers' field sets: who loses fields that changed, what an applier gives up.
/// Objects are the same in all versions here (conversion strategy None); a version without a schema is obsolete and dropped.
/// </summary>
internal sealed class Ownership(TypeSchema schema, string apiVersion, FieldSet? ignored, Func<string, TypeSchema?>? schemaOf)
{
    /// <summary>Follows types which became atomic since the set was written: beneath them only the whole is owned.</summary>
    public void Reconcile(ManagedEntries managed)
    {
        foreach (var (key, owned) in managed.Owners.ToArray())
        {
            if (SchemaOf(owned.ApiVersion) is not { } type)
            {
                managed.Owners.Remove(key);
            }
            else if (Flatten(owned.Set, type) is { } flat && !ReferenceEquals(flat, owned.Set))
            {
                managed.Owners[key] = owned with { Set = flat };
            }
        }
    }

    /// <summary>
    /// Takes from all other managers what changed between two objects. Without force nothing is taken and the conflicts are returned.
    /// </summary>
    public (TypedComparison Comparison, List<(ManagerKey Manager, FieldSet Fields)> Conflicts) Take(
        ManagedEntries managed, JsonNode? before, JsonNode? after, ManagerKey? self, bool force)
    {
        var own = TypedComparison.Of(schema, before, after, ignored);
        var versions = new Dictionary<string, TypedComparison>(StringComparer.Ordinal) { [apiVersion] = own };
        var conflicts = new List<(ManagerKey, FieldSet)>();
        foreach (var (key, owned) in managed.Owners.ToArray())
        {
            if (key == self)
            {
                continue;
            }

            if (!versions.TryGetValue(owned.ApiVersion, out var comparison))
            {
                comparison = TypedComparison.Of(SchemaOf(owned.ApiVersion)!, before, after, ignored);
                versions.Add(owned.ApiVersion, comparison);
            }

            var set = owned.Set.Intersection(comparison.Modified.Union(comparison.Added));
            if (!set.IsEmpty)
            {
                conflicts.Add((key, set));
            }
        }

        if (conflicts.Count > 0 && !force)
        {
            return (own, conflicts);
        }

        foreach (var (key, set) in conflicts)
        {
            managed.Owners[key] = managed.Owners[key] with { Set = managed.Owners[key].Set.Difference(set) };
        }

        foreach (var (key, owned) in managed.Owners.ToArray())
        {
            var rest = key == self ? owned.Set : owned.Set.Difference(versions.GetValueOrDefault(owned.ApiVersion, own).Removed);
            if (rest.IsEmpty)
            {
                managed.Owners.Remove(key);
            }
            else
            {
                managed.Owners[key] = owned with { Set = rest };
            }
        }

        return (own, []);
    }

    /// <summary>
    /// Removes what the applier applied last time, does not apply now, and nobody else owns.
    /// </summary>
    public JsonNode? Prune(JsonNode? merged, ManagedEntries managed, OwnedFields last)
    {
        if (last.Set.IsEmpty || SchemaOf(last.ApiVersion) is not { } type)
        {
            return merged;
        }

        var lastSet = last.Set.WithNamedFields(type);
        var mergedSet = TypedFields.Of(type, merged).WithNamedFields(type);
        var pruned = TypedRemoval.Of(type, merged, lastSet);

        // Add back what anyone owns, version by version, the pruned version first.
        var owned = managed.Owners.Values.GroupBy(o => o.ApiVersion, StringComparer.Ordinal)
            .OrderBy(g => g.Key == last.ApiVersion ? 0 : 1)
            .Select(g => (Version: g.Key, Set: g.Aggregate(new FieldSet(), (set, o) => set.Union(o.Set))));
        foreach (var (version, set) in owned)
        {
            if (SchemaOf(version) is not { } at)
            {
                continue;
            }

            var prunedSet = TypedFields.Of(at, pruned).WithNamedFields(at);
            var keep = prunedSet.Union(set.WithNamedFields(at));
            var whole = ReferenceEquals(at, type) ? mergedSet : TypedFields.Of(at, merged).WithNamedFields(at);
            pruned = TypedRemoval.Of(at, merged, whole.Difference(keep));
        }

        // Add back what was not applied last time: it dangles from what was removed.
        var left = TypedFields.Of(type, pruned).WithNamedFields(type);
        return TypedRemoval.Of(type, merged, mergedSet.Difference(left).Intersection(lastSet));
    }

    private TypeSchema? SchemaOf(string version) => version == apiVersion ? schema : schemaOf?.Invoke(version);

    private static FieldSet Flatten(FieldSet set, TypeSchema type)
    {
        FieldSet? changed = null;
        foreach (var node in set.Nodes)
        {
            if (node.Children is not { } children)
            {
                continue;
            }

            var below = node.Element.Kind == PathElementKind.Field ? (type.AllowsMap ? type.Under(node.Element.Text) : null)
                : type.AllowsList ? type.ListElement : null;
            if (below is null || below.Raw)
            {
                continue;
            }

            var atomic = (below.AllowsMap && below.AtomicMap) || (below.AllowsList && !below.AllowsMap && below.ListRule == ListRule.Atomic);
            var flat = atomic ? null : Flatten(children, below);
            if (ReferenceEquals(flat, children))
            {
                continue;
            }

            var only = FieldSet.Of(new FieldPath([node.Element]));
            changed = (changed ?? set).RecursiveDifference(only);
            changed = changed.Union(With(node.Element, node.Member || atomic, flat));
        }

        return changed ?? set;
    }

    private static FieldSet With(PathElement element, bool member, FieldSet? children)
    {
        var set = new FieldSet();
        set.Put(element, member, children);
        return set;
    }
}
