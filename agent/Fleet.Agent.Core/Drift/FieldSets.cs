using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Core.Drift;

/// <summary>The algebra of FieldsV1 sets. A node without children is a leaf: the whole value below it is owned.</summary>
internal static class FieldSets
{
    public static void Merge(JsonObject into, JsonObject? from)
    {
        foreach (var (path, node) in from ?? [])
        {
            if (node is not JsonObject child) continue;
            if (into[path] is JsonObject there) Merge(there, child);
            else into[path] = child.DeepClone();
        }
    }

    /// <summary>What is in the first and not in the second; null when nothing is left.</summary>
    public static JsonObject? Subtract(JsonObject from, JsonObject? what)
    {
        if (what is null) return (JsonObject)from.DeepClone();
        var left = new JsonObject();
        foreach (var (path, node) in from)
        {
            if (node is not JsonObject child) continue;
            if (what[path] is not JsonObject taken)
            {
                left[path] = child.DeepClone();
                continue;
            }
            if (IsLeaf(child) || IsLeaf(taken)) continue;
            if (Subtract(child, taken) is { } rest) left[path] = rest;
        }
        // "." says that the map or item itself is there: without anything in it, it is nobody's concern.
        return left.Count == 0 || (left.Count == 1 && left.ContainsKey(".")) ? null : left;
    }

    /// <summary>What of a set a manifest names; the set's own shape tells the keys of lists.</summary>
    public static JsonObject? Within(JsonObject set, JsonNode? manifest)
    {
        var found = new JsonObject();
        foreach (var (path, node) in set)
        {
            if (node is not JsonObject child) continue;
            if (path == ".")
            {
                found[path] = new JsonObject();
                continue;
            }
            if (!TryStep(path, manifest, out var next)) continue;
            if (IsLeaf(child)) found[path] = child.DeepClone();
            else if (Within(child, next) is { } part) found[path] = part;
        }
        return found.Count == 0 ? null : found;
    }

    /// <summary>What of a set lies at or below a pointer; items are matched by what they hold in the live object.</summary>
    public static JsonObject? Covered(JsonObject set, JsonNode? live, IEnumerable<PointerStep> pointer)
    {
        var steps = pointer.ToList();
        if (steps.Count == 0) return (JsonObject)set.DeepClone();
        var (here, rest) = (steps[0], steps[1..]);
        var found = new JsonObject();
        foreach (var (path, node) in set)
        {
            if (node is not JsonObject child) continue;
            if (here.IsItems && live is JsonArray list)
            {
                if (list.FirstOrDefault(i => IsItem(path, i)) is not { } item || !here.Fits(item)) continue;
                if (Covered(child, item, rest) is not { } part) continue;
                // An item is found by its key, whoever owns what else is in it.
                foreach (var key in ListKey.Parse(path)?.Names ?? [])
                {
                    if (child["f:" + key] is { } owned) part["f:" + key] = owned.DeepClone();
                }
                if (child.ContainsKey(".")) part["."] = new JsonObject();
                found[path] = part;
            }
            else if (path == "f:" + (here.IsItems ? "*" : here.Field) && live.At(here.IsItems ? "*" : here.Field) is var next && Covered(child, next, rest) is { } part)
            {
                found[path] = part;
            }
        }
        return found.Count == 0 ? null : found;
    }

    /// <summary>The step at which a pointer would lead into a value that is owned as a whole; null when there is none.</summary>
    public static int? AtomicAt(JsonObject marked, IReadOnlyList<PointerStep> steps)
    {
        List<JsonObject> at = [marked];
        for (var i = 0; i < steps.Count; i++)
        {
            if (i > 0 && at.Exists(n => n.Count == 0)) return i;
            var step = steps[i];
            at = [.. at.SelectMany(n => n).Where(p => step.IsItems ? p.Key.StartsWith("k:", StringComparison.Ordinal) : p.Key == "f:" + step.Field)
                .Where(p => !step.IsItems || MayFit(p.Key, step)).Select(p => p.Value).OfType<JsonObject>()];
        }
        return null;
    }

    /// <summary>The values under a set, as an apply body has them: list items carry their keys.</summary>
    public static JsonNode? Extract(JsonNode? live, JsonObject set)
    {
        if (IsLeaf(set)) return live?.DeepClone();
        switch (live)
        {
            case JsonObject map:
                var part = new JsonObject();
                foreach (var (path, node) in set)
                {
                    if (node is JsonObject child && path.StartsWith("f:", StringComparison.Ordinal) && map.TryGetPropertyValue(path[2..], out var value)) part[path[2..]] = Extract(value, child);
                }
                return part;
            case JsonArray list:
                var items = new JsonArray();
                foreach (var item in list)
                {
                    if (set.FirstOrDefault(p => IsItem(p.Key, item)) is not { Value: JsonObject child } found) continue;
                    var value = Extract(item, child);
                    if (value is JsonObject body && item is JsonObject whole)
                    {
                        foreach (var key in ListKey.Parse(found.Key)?.Names ?? []) body[key] ??= whole[key]?.DeepClone();
                    }
                    items.Add(value);
                }
                return items;
            default:
                return live?.DeepClone();
        }
    }

    public static bool IsLeaf(JsonObject set) => set.Count == 0;

    public static bool TryStep(string path, JsonNode? value, out JsonNode? next)
    {
        next = null;
        if (path.StartsWith("f:", StringComparison.Ordinal)) return value is JsonObject map && map.TryGetPropertyValue(path[2..], out next);
        if (value is not JsonArray list) return false;
        next = list.FirstOrDefault(item => IsItem(path, item));
        return next is not null;
    }

    private static bool IsItem(string path, JsonNode? item)
    {
        if (path.StartsWith("k:", StringComparison.Ordinal)) return ListKey.Parse(path)?.MatchesLoosely(item) == true;
        if (!path.StartsWith("v:", StringComparison.Ordinal)) return false;
        try
        {
            return JsonSemantics.Same(JsonNode.Parse(path[2..]), item);
        }
        catch (System.Text.Json.JsonException)
        {
            return false;
        }
    }

    private static bool MayFit(string path, PointerStep step)
    {
        var key = ListKey.Parse(path);
        return key is not null && step.Match!.All(m => key.Text(m.Key) is null || key.Text(m.Key) == m.Value);
    }
}
