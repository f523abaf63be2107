using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Fields;

/// <summary>The set of fields that a value mentions: every leaf and every list element.</summary>
internal static class TypedFields
{
    public static FieldSet Of(TypeSchema type, JsonNode? value)
    {
        var set = new FieldSet();
        Walk(type, value, set);
        return set;
    }

    /// <summary>Puts what is beneath into the set; true when the value itself is owned as one.</summary>
    private static bool Walk(TypeSchema type, JsonNode? value, FieldSet set)
    {
        var form = TypedWalk.FormOf(type, Slot.Of(value));
        switch (form == Form.Open ? TypedWalk.First(type) : form)
        {
            case Form.Map:
                if (type.AtomicMap)
                {
                    return true;
                }

                if (value is JsonObject map)
                {
                    foreach (var (name, child) in map)
                    {
                        if (type.Under(name) is not { } below)
                        {
                            continue;
                        }

                        var children = new FieldSet();
                        var member = Walk(below, child, children);
                        member |= child is null or JsonObject { Count: 0 } || type.Field(name) is null;
                        set.Put(PathElement.OfField(name), member, children);
                    }
                }

                return false;
            case Form.List:
                if (type.ListRule == ListRule.Atomic)
                {
                    return true;
                }

                if (value is JsonArray list)
                {
                    Items(type, list, set);
                }

                return false;
            default:
                return true;
        }
    }

    private static void Items(TypeSchema type, JsonArray list, FieldSet set)
    {
        var steps = new PathElement?[list.Count];
        var counts = new Dictionary<PathElement, int>();
        for (var i = 0; i < list.Count; i++)
        {
            if (TypedWalk.StepTo(type, list[i], out _) is { } step)
            {
                steps[i] = step;
                counts[step] = counts.GetValueOrDefault(step) + 1;
            }
        }

        for (var i = 0; i < list.Count; i++)
        {
            if (steps[i] is not { } step)
            {
                continue;
            }

            // A key that occurs more than once is owned as one value.
            var children = new FieldSet();
            if (counts[step] == 1)
            {
                Walk(type.ListElement!, list[i], children);
            }

            set.Put(step, true, children);
        }
    }
}
