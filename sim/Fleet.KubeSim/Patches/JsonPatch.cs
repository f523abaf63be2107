using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Patches;

/// <summary>JSON patch (RFC 6902). Maps that are touched come out with sorted keys, as from the server's library.</summary>
public static class JsonPatch
{
    private const int MaxOperations = 10_000;

    /// <summary>The patched value, of new nodes throughout; nothing of it when one operation fails.</summary>
    public static PatchResult Apply(JsonObject target, JsonNode? patch)
    {
        if (patch is not JsonArray operations)
        {
            var what = patch is JsonObject ? "object" : "value";
            return PatchResult.BadRequest($"error decoding patch: json: cannot unmarshal {what} into Go value of type []handlers.jsonPatchOp");
        }

        if (operations.Count > MaxOperations)
        {
            return new PatchResult(null, 413, $"The allowed maximum operations in a JSON patch is {MaxOperations}, got {operations.Count}");
        }

        JsonNode? document = target.DeepClone();
        foreach (var item in operations)
        {
            if (item is not JsonObject operation || !Step(ref document, operation))
            {
                return PatchResult.Rejected();
            }
        }

        return PatchResult.Of(document);
    }

    private static bool Step(ref JsonNode? document, JsonObject operation)
    {
        if (operation.Text("path") is not { } path || Pointer(path) is not { } to)
        {
            return false;
        }

        switch (operation.Text("op"))
        {
            case "add":
                return Put(ref document, to, operation["value"]?.DeepClone(), replace: false);
            case "replace":
                return Put(ref document, to, operation["value"]?.DeepClone(), replace: true);
            case "remove":
                return Take(ref document, to, out _);
            case "test":
                return TryGet(document, to, out var found) ? Json.Equal(found, operation["value"]) : operation["value"] is null && to.Length > 0 && TryGet(document, to.AsSpan()[..^1], out var parent) && parent is JsonObject;
            case "move" or "copy":
                if (operation.Text("from") is not { } source || Pointer(source) is not { } from || !TryGet(document, from, out var moved))
                {
                    return false;
                }

                moved = moved?.DeepClone();
                return (operation.Text("op") == "copy" || Take(ref document, from, out _)) && Put(ref document, to, moved, replace: false);
            default:
                return false;
        }
    }

    private static string[]? Pointer(string path) => path.Length == 0 ? []
        : path[0] != '/' ? null
        : [.. path[1..].Split('/').Select(p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];

    private static bool TryGet(JsonNode? node, ReadOnlySpan<string> path, out JsonNode? found)
    {
        found = node;
        foreach (var part in path)
        {
            switch (found)
            {
                case JsonObject map when map.TryGetPropertyValue(part, out var child):
                    found = child;
                    break;
                case JsonArray list when Index(part, list.Count - 1) is { } index:
                    found = list[index];
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private static bool Put(ref JsonNode? document, ReadOnlySpan<string> path, JsonNode? value, bool replace)
    {
        if (path.Length == 0)
        {
            document = value;
            return true;
        }

        if (!TryGet(document, path[..^1], out var parent))
        {
            return false;
        }

        switch (parent)
        {
            case JsonObject map when !replace || map.ContainsKey(path[^1]):
                map[path[^1]] = value;
                Sort(map);
                return true;
            case JsonArray list when replace:
                if (Index(path[^1], list.Count - 1) is not { } place)
                {
                    return false;
                }

                list[place] = value;
                return true;
            case JsonArray list:
                if (path[^1] == "-")
                {
                    list.Add(value);
                    return true;
                }

                if (Index(path[^1], list.Count) is not { } index)
                {
                    return false;
                }

                list.Insert(index, value);
                return true;
            default:
                return false;
        }
    }

    private static bool Take(ref JsonNode? document, ReadOnlySpan<string> path, out JsonNode? taken)
    {
        if (path.Length == 0 || !TryGet(document, path, out taken) || !TryGet(document, path[..^1], out var parent))
        {
            taken = null;
            return false;
        }

        if (parent is JsonObject map)
        {
            map.Remove(path[^1]);
            Sort(map);
        }
        else if (parent is JsonArray list && Index(path[^1], list.Count - 1) is { } index)
        {
            list.RemoveAt(index);
        }

        return true;
    }

    /// <summary>A place in a list; from -1 it counts from the end.</summary>
    private static int? Index(string text, int most) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index) && index <= most && index >= -most - 1
            ? index < 0 ? index + most + 1 : index
            : null;

    private static void Sort(JsonObject map)
    {
        for (JsonNode? node = map; node is not null; node = node.Parent)
        {
            if (node is JsonObject touched)
            {
                var entries = touched.OrderBy(p => p.Key, StringComparer.Ordinal).ToArray();
                touched.Clear();
                foreach (var (name, child) in entries)
                {
                    touched.Add(name, child);
                }
            }
        }
    }
}
