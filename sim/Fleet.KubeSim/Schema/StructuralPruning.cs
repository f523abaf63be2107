using System.Globalization;
using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Schema;

/// <summary>Drops what a custom resource's schema does not declare.</summary>
internal static class StructuralPruning
{
    /// <summary>Prunes in place; the paths of what was dropped, in order.</summary>
    public static IReadOnlyList<string> Prune(StructuralSchema schema, JsonObject item)
    {
        var dropped = new List<string>();
        Walk(schema, item, "", true, dropped);
        dropped.Sort(StringComparer.Ordinal);
        return dropped;
    }

    private static void Walk(StructuralSchema schema, JsonNode? value, string path, bool resource, List<string> dropped)
    {
        switch (value)
        {
            case JsonObject map:
                foreach (var name in map.Select(p => p.Key).ToArray())
                {
                    if (resource && name is "apiVersion" or "kind" or "metadata" && (path.Length == 0 || schema.EmbeddedResource))
                    {
                        continue;
                    }

                    var below = path.Length == 0 ? name : $"{path}.{name}";
                    if (schema.Under(name) is { } child)
                    {
                        Walk(child, map[name], below, child.EmbeddedResource, dropped);
                    }
                    else if (!schema.PreserveUnknown && !schema.AllowsAnyAdditional)
                    {
                        map.Remove(name);
                        dropped.Add(below);
                    }
                }

                break;
            case JsonArray list when schema.Items is { } items:
                for (var i = 0; i < list.Count; i++)
                {
                    Walk(items, list[i], $"{path}[{i.ToString(CultureInfo.InvariantCulture)}]", items.EmbeddedResource, dropped);
                }

                break;
            default:
                break;
        }
    }
}

/// <summary>Fills in a custom resource's defaults.</summary>
internal static class StructuralDefaults
{
    public static void Fill(StructuralSchema schema, JsonNode? value)
    {
        switch (value)
        {
            case JsonObject map:
                foreach (var (name, property) in schema.Properties)
                {
                    // Null counts as absent where null is not allowed, and goes when there is no default.
                    if (property.HasDefault && map[name] is null && !(map.ContainsKey(name) && property.Nullable))
                    {
                        map[name] = property.Default?.DeepClone();
                    }

                    if (map[name] is { } child)
                    {
                        Fill(property, child);
                    }
                    else if (!property.Nullable)
                    {
                        map.Remove(name);
                    }
                }

                if (schema.AdditionalProperties is { } additional)
                {
                    foreach (var name in map.Select(p => p.Key).Where(n => !schema.Properties.ContainsKey(n)).ToArray())
                    {
                        if (map[name] is { } child)
                        {
                            Fill(additional, child);
                        }
                        else if (additional is { HasDefault: true, Nullable: false })
                        {
                            map[name] = additional.Default?.DeepClone();
                        }
                        else if (!additional.Nullable)
                        {
                            map.Remove(name);
                        }
                    }
                }

                break;
            case JsonArray list when schema.Items is { } items:
                for (var i = 0; i < list.Count; i++)
                {
                    if (list[i] is { } child)
                    {
                        Fill(items, child);
                    }
                    else if (items is { HasDefault: true, Nullable: false })
                    {
                        list[i] = items.Default?.DeepClone();
                    }
                }

                break;
            default:
                break;
        }
    }
}
