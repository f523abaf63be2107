using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Fields;

/// <summary>Which of a type's forms a value takes.</summary>
internal enum Form
{
    /// <summary>The value leaves it open (null), and the type allows several.</summary>
    Open,
    Map,
    Scalar,
    List,
}

/// <summary>What the walks over typed values (structured-merge-diff) have in common.</summary>
internal static class TypedWalk
{
    /// <summary>The form of a value; null and values of the wrong type take the type's first form.</summary>
    public static Form FormOf(TypeSchema type, Slot slot)
    {
        if (slot.Present && slot.Node is { } node)
        {
            switch (node)
            {
                case JsonObject when type.AllowsMap:
                    return Form.Map;
                case JsonArray when type.AllowsList:
                    return Form.List;
                case JsonValue when type.Scalar != ScalarKind.None:
                    return Form.Scalar;
                default:
                    break;
            }
        }

        var several = (type.AllowsMap ? 1 : 0) + (type.AllowsList ? 1 : 0) + (type.Scalar != ScalarKind.None ? 1 : 0) > 1;
        return several ? Form.Open : First(type);
    }

    /// <summary>The form that is tried when the value says nothing.</summary>
    public static Form First(TypeSchema type) =>
        type.AllowsMap ? Form.Map : type.Scalar != ScalarKind.None ? Form.Scalar : Form.List;

    /// <summary>The step to a list element, or why there is none.</summary>
    public static PathElement? StepTo(TypeSchema list, JsonNode? item, out string error)
    {
        error = "";
        if (list.ListRule == ListRule.Set)
        {
            error = item switch
            {
                null => "associative list without keys has an element that's an explicit null",
                JsonObject => "associative list without keys has an element that's a map type",
                JsonArray => "not supported: associative list with lists as elements",
                _ => "",
            };
            return error.Length == 0 ? PathElement.OfValue(item) : null;
        }

        if (item is not JsonObject map)
        {
            error = item is null
                ? "associative list with keys may not have a null element"
                : "associative list with keys may not have non-map elements";
            return null;
        }

        var keys = new List<KeyValuePair<string, JsonNode?>>(list.Keys.Count);
        foreach (var name in list.Keys)
        {
            if (map.TryGetPropertyValue(name, out var value))
            {
                keys.Add(new(name, value));
            }
            else if (list.ListElement?.Field(name)?.KeyDefault is { } known)
            {
                keys.Add(new(name, known));
            }
        }

        if (keys.Count > 0)
        {
            return PathElement.OfKey(keys);
        }

        error = $"associative list with keys has an element that omits all key fields [{string.Join(' ', list.Keys.Select(GoText.Quote))}] (and doesn't have default values for any key fields)";
        return null;
    }
}
