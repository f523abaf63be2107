using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Fields;

/// <summary>Takes a set of fields and list elements out of a value.</summary>
internal static class TypedRemoval
{
    /// <summary>A value of new nodes without the fields; null when nothing is left.</summary>
    public static JsonNode? Of(TypeSchema? type, JsonNode? value, FieldSet remove)
    {
        if (type is null)
        {
            return value?.DeepClone();
        }

        var form = TypedWalk.FormOf(type, Slot.Of(value));
        switch (form == Form.Open ? TypedWalk.First(type) : form)
        {
            case Form.Map:
                return type.AtomicMap || value is not JsonObject { Count: > 0 } map ? null : Map(type, map, remove);
            case Form.List:
                return type.ListRule == ListRule.Atomic || value is not JsonArray { Count: > 0 } list ? null : List(type, list, remove);
            default:
                return value?.DeepClone();
        }
    }

    private static JsonObject? Map(TypeSchema type, JsonObject map, FieldSet remove)
    {
        var rest = new JsonObject();
        foreach (var (name, child) in map)
        {
            var step = PathElement.OfField(name);
            if (remove.HasElement(step))
            {
                continue;
            }

            rest.Add(name, remove.Beneath(step) is { } below ? Of(type.Under(name), child, below) : child?.DeepClone());
        }

        return rest.Count > 0 ? rest : null;
    }

    private static JsonArray? List(TypeSchema type, JsonArray list, FieldSet remove)
    {
        var rest = new JsonArray();
        foreach (var item in list)
        {
            if (TypedWalk.StepTo(type, item, out _) is not { } step)
            {
                rest.Add(item?.DeepClone());
                continue;
            }

            if (remove.HasElement(step))
            {
                continue;
            }

            rest.Add(remove.Beneath(step) is { } below ? Of(type.ListElement, item, below) : item?.DeepClone());
        }

        return rest.Count > 0 ? rest : null;
    }
}
