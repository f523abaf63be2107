using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Fields;

/// <summary>Merges an applied configuration into the live object: nothing is removed, the configuration's leaves win.</summary>
internal static class TypedMerge
{
    /// <summary>The merged object, of new nodes throughout. Both must have been checked against the type.</summary>
    public static JsonNode? Of(TypeSchema type, JsonNode? live, JsonNode? applied) =>
        Walk(type, Slot.Of(live), Slot.Of(applied)).Node;

    private static Slot Walk(TypeSchema type, Slot live, Slot applied)
    {
        if (!applied.Present)
        {
            // Only the live side: its value stays as it is, but for maps and lists that hold nothing.
            return live.Present ? Slot.Of(live.Node?.DeepClone()) : Slot.Absent;
        }

        var (left, right) = (TypedWalk.FormOf(type, live), TypedWalk.FormOf(type, applied));
        if (live.Present && left != right)
        {
            var merged = Handle(type, left, live, applied);
            var again = Handle(type, right, live, applied);
            return again.Present ? again : merged;
        }

        return Handle(type, right, live, applied);
    }

    private static Slot Handle(TypeSchema type, Form form, Slot live, Slot applied)
    {
        switch (form == Form.Open ? TypedWalk.First(type) : form)
        {
            case Form.Map:
                var (leftMap, rightMap) = (live.Node as JsonObject, applied.Node as JsonObject);
                return type.AtomicMap || ((leftMap is null || leftMap.Count == 0) && (rightMap is null || rightMap.Count == 0))
                    ? Leaf(live, applied)
                    : Map(type, leftMap, rightMap);
            case Form.List:
                var (leftList, rightList) = (live.Node as JsonArray, applied.Node as JsonArray);
                return type.ListRule == ListRule.Atomic || ((leftList is null || leftList.Count == 0) && (rightList is null || rightList.Count == 0))
                    ? Leaf(live, applied)
                    : List(type, leftList, rightList);
            default:
                return Leaf(live, applied);
        }
    }

    private static Slot Leaf(Slot live, Slot applied) =>
        Slot.Of((applied.Present ? applied.Node : live.Node)?.DeepClone());

    private static Slot Map(TypeSchema type, JsonObject? live, JsonObject? applied)
    {
        var merged = new JsonObject();
        foreach (var (name, node) in live ?? [])
        {
            Child(type, merged, name, Slot.Of(node), Slot.Under(applied, name));
        }

        foreach (var (name, node) in applied ?? [])
        {
            if (live is null || !live.ContainsKey(name))
            {
                Child(type, merged, name, Slot.Absent, Slot.Of(node));
            }
        }

        return merged.Count > 0 ? Slot.Of(merged) : Slot.Absent;
    }

    private static void Child(TypeSchema type, JsonObject merged, string name, Slot live, Slot applied)
    {
        var child = type.Under(name) is { } below ? Walk(below, live, applied) : Leaf(live, applied);
        if (child.Present)
        {
            merged.Add(name, child.Node);
        }
    }

    /// <summary>Elements keep the live order where the configuration does not say otherwise, and its order where it does.</summary>
    private static Slot List(TypeSchema type, JsonArray? live, JsonArray? applied)
    {
        var left = Steps(type, live, out var liveItems);
        var right = Steps(type, applied, out var appliedItems);
        var shared = new Queue<PathElement>(right.Where(liveItems.ContainsKey));
        var next = shared.TryDequeue(out var head) ? head : null;
        var done = new HashSet<PathElement>();
        var merged = new JsonArray();
        for (int l = 0, r = 0; l < left.Count || r < right.Count;)
        {
            if (l < left.Count && r < right.Count)
            {
                if (left[l].Equals(right[r]))
                {
                    done.Add(left[l]);
                    Item(type, merged, Under(liveItems, left[l]), Under(appliedItems, left[l]));
                    l++;
                    r++;
                    next = shared.TryDequeue(out var following) ? following : null;
                    continue;
                }

                if (appliedItems.ContainsKey(left[l]) && next is not null && !next.Equals(left[l]))
                {
                    // Shared, but not the one whose turn it is.
                    l++;
                    continue;
                }
            }

            if (l < left.Count)
            {
                if (!appliedItems.ContainsKey(left[l]))
                {
                    Item(type, merged, Slot.Of(live![l]), Slot.Absent);
                    l++;
                    continue;
                }

                if (done.Contains(left[l]))
                {
                    l++;
                }
            }

            if (r < right.Count)
            {
                done.Add(right[r]);
                Item(type, merged, Under(liveItems, right[r]), Under(appliedItems, right[r]));
                if (right[r].Equals(next))
                {
                    next = shared.TryDequeue(out var following) ? following : null;
                }

                r++;
            }
        }

        return merged.Count > 0 ? Slot.Of(merged) : Slot.Absent;
    }

    private static Slot Under(Dictionary<PathElement, JsonNode?> items, PathElement step) =>
        items.TryGetValue(step, out var item) ? Slot.Of(item) : Slot.Absent;

    private static void Item(TypeSchema type, JsonArray merged, Slot live, Slot applied)
    {
        var item = Walk(type.ListElement!, live, applied);
        if (item.Present)
        {
            merged.Add(item.Node);
        }
    }

    private static List<PathElement> Steps(TypeSchema type, JsonArray? list, out Dictionary<PathElement, JsonNode?> items)
    {
        items = [];
        var steps = new List<PathElement>(list?.Count ?? 0);
        foreach (var item in list ?? [])
        {
            if (TypedWalk.StepTo(type, item, out _) is { } step)
            {
                // Duplicates in the live list are not merged with what is applied.
                items[step] = items.ContainsKey(step) ? null : item;
                steps.Add(step);
            }
        }

        return steps;
    }
}
