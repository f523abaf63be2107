using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Patches;

/// <summary>
/// Strategic merge patch: lists merge by the keys that the type declares, $patch, $retainKeys,
/// $deleteFromPrimitiveList and $setElementOrder direct it. Only built-in kinds take it.
/// </summary>
public static class StrategicPatch
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string DeletePrefix = "$deleteFromPrimitiveList/";
    private const string OrderPrefix = "$setElementOrder/";

    /// <summary>The patched value, of new nodes throughout.</summary>
    public static PatchResult Apply(TypeSchema type, JsonObject target, JsonNode? patch) => patch switch
    {
        JsonObject map => Patched(type, target, map),
        JsonArray => PatchResult.BadRequest("error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"),
        _ => PatchResult.BadRequest("error decoding patch: json: cannot unmarshal value into Go value of type map[string]interface {}"),
    };

    private static PatchResult Patched(TypeSchema type, JsonObject target, JsonObject patch)
    {
        try
        {
            return PatchResult.Of(Merge(type, target, patch));
        }
        catch (StrategicPatchException e)
        {
            return PatchResult.Unforeseen(e.Message);
        }
    }

    private static JsonObject Merge(TypeSchema? type, JsonObject? target, JsonObject patch)
    {
        switch (patch.Text(Directive))
        {
            case "replace":
                return Clean(patch);
            case "delete":
                return [];
            case { } other:
                throw new StrategicPatchException($"unknown patch type: {other} in map: {GoText.Plain(patch)}");
            default:
                break;
        }

        var merged = target is null ? [] : (JsonObject)target.DeepClone();
        if (patch.List(RetainKeys) is { } retain)
        {
            foreach (var name in merged.Select(p => p.Key).Where(n => !retain.Any(r => Json.TextOf(r) == n)).ToArray())
            {
                merged.Remove(name);
            }
        }

        foreach (var (name, node) in patch)
        {
            if (name is Directive or RetainKeys || name.StartsWith(OrderPrefix, StringComparison.Ordinal))
            {
                continue;
            }

            if (name.StartsWith(DeletePrefix, StringComparison.Ordinal))
            {
                Remove(merged, name[DeletePrefix.Length..], node as JsonArray);
            }
            else if (node is null)
            {
                merged.Remove(name);
            }
            else if (merged[name] is not { } known || Json.ShapeOf(known) != Json.ShapeOf(node))
            {
                // What is new, or of another shape, is taken as it is, without nulls and directives.
                if (Plain(node, out var value))
                {
                    merged[name] = value;
                }
                else
                {
                    merged.Remove(name);
                }
            }
            else
            {
                merged[name] = Value(type, name, known, node, patch.List(OrderPrefix + name));
            }
        }

        // An order may come without the list itself.
        foreach (var (name, node) in patch)
        {
            if (name.StartsWith(OrderPrefix, StringComparison.Ordinal) && name[OrderPrefix.Length..] is var field && !patch.ContainsKey(field)
                && node is JsonArray order && merged[field] is JsonArray list && type?.Field(field) is { PatchMerge: true } schema)
            {
                merged[field] = MergeLists.InOrder([.. list.Select(i => i?.DeepClone())], order, list, schema.PatchMergeKey);
            }
        }

        return merged;
    }

    private static JsonNode Value(TypeSchema? type, string name, JsonNode? target, JsonNode patch, JsonArray? order)
    {
        var field = type?.Field(name);
        var below = field?.Type ?? type?.MapElement;
        switch (patch)
        {
            case JsonObject map:
                return Merge(below, target as JsonObject, map);
            case JsonArray list when field is { PatchMerge: true }:
                return List(field, target as JsonArray, list, order);
            default:
                return patch.DeepClone();
        }
    }

    private static JsonArray List(SchemaField field, JsonArray? target, JsonArray patch, JsonArray? order)
    {
        var original = target ?? [];
        var key = field.PatchMergeKey;
        if (key is null || patch.All(i => i is not JsonObject))
        {
            var values = original.Concat(patch.Where(p => !original.Any(o => Json.Equal(o, p)))).Select(i => i?.DeepClone()).ToList();
            return MergeLists.InOrder(values, order ?? patch, original, null);
        }

        var items = patch.OfType<JsonObject>().ToArray();
        if (items.FirstOrDefault(i => !i.ContainsKey(key) && i.Text(Directive) is not "replace") is { } keyless)
        {
            throw new StrategicPatchException($"map: {GoText.Plain(keyless)} does not contain declared merge key: {key}");
        }

        if (items.Any(i => i.Text(Directive) == "replace"))
        {
            return new JsonArray([.. items.Where(i => i.Text(Directive) != "replace").Select(Clean)]);
        }

        var merged = original.Select(i => i?.DeepClone()).ToList();
        foreach (var item in items.Where(i => i.Text(Directive) == "delete"))
        {
            merged.RemoveAll(m => m is JsonObject map && Json.Equal(map[key], item[key]));
        }

        var rest = items.Where(i => i.Text(Directive) != "delete").ToArray();
        foreach (var item in rest)
        {
            var index = merged.FindIndex(m => m is JsonObject map && Json.Equal(map[key], item[key]));
            if (index < 0)
            {
                merged.Add(Merge(field.Type.ListElement, null, item));
            }
            else
            {
                merged[index] = Merge(field.Type.ListElement, (JsonObject)merged[index]!, item);
            }
        }

        return MergeLists.InOrder(merged, order ?? new JsonArray([.. rest.Select(r => r.DeepClone())]), original, key);
    }

    /// <summary>A part of a patch as a value: false when it is nothing but a directive.</summary>
    private static bool Plain(JsonNode? patch, out JsonNode? value)
    {
        value = null;
        switch (patch)
        {
            case JsonObject map when map.ContainsKey(Directive):
                return false;
            case JsonObject map:
                var plain = new JsonObject();
                foreach (var (name, child) in map)
                {
                    if (child is not null && Plain(child, out var kept))
                    {
                        plain[name] = kept;
                    }
                }

                value = plain;
                return true;
            case JsonArray list:
                var items = new JsonArray();
                foreach (var item in list)
                {
                    if (Plain(item, out var kept))
                    {
                        items.Add(kept);
                    }
                }

                value = items;
                return true;
            default:
                value = patch?.DeepClone();
                return true;
        }
    }

    private static void Remove(JsonObject merged, string field, JsonArray? values)
    {
        if (merged[field] is JsonArray list && values is not null)
        {
            merged[field] = new JsonArray([.. list.Where(i => !values.Any(v => Json.Equal(v, i))).Select(i => i?.DeepClone())]);
        }
    }

    private static JsonObject Clean(JsonObject patch)
    {
        var clean = (JsonObject)patch.DeepClone();
        clean.Remove(Directive);
        clean.Remove(RetainKeys);
        return clean;
    }
}

/// <summary>A strategic patch that the server's library cannot apply, in its words.</summary>
internal sealed class StrategicPatchException(string message) : Exception(message);

/// <summary>The order of a merged list: what the patch names in its order, the rest in the server's, woven together.</summary>
internal static class MergeLists
{
    public static JsonArray InOrder(IReadOnlyList<JsonNode?> merged, JsonArray order, JsonArray server, string? key)
    {
        var named = new List<JsonNode?>();
        foreach (var item in order)
        {
            if (merged.FirstOrDefault(m => Same(m, item, key)) is { } found && !named.Contains(found))
            {
                named.Add(found);
            }
        }

        var others = merged.Where(m => !named.Contains(m)).OrderBy(m => Index(server, m, key)).ToList();
        var woven = new JsonArray();
        for (int i = 0, j = 0; i < others.Count || j < named.Count;)
        {
            var takeOther = j >= named.Count
                || (i < others.Count && Index(server, others[i], key) is var left && Index(server, named[j], key) is var right
                    && left >= 0 && right >= 0 && left < right);
            woven.Add(takeOther ? others[i++] : named[j++]);
        }

        return woven;
    }

    private static int Index(JsonArray server, JsonNode? item, string? key)
    {
        for (var i = 0; i < server.Count; i++)
        {
            if (Same(server[i], item, key))
            {
                return i;
            }
        }

        return -1;
    }

    private static bool Same(JsonNode? a, JsonNode? b, string? key) =>
        key is null ? Json.Equal(a, b) : a is JsonObject x && b is JsonObject y && Json.Equal(x[key], y[key]);
}
