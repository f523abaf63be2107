using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds;

/// <summary>Set lists and map lists of custom resources hold an element once, after apiserver/schema/listtype of apiextensions.</summary>
internal static class StructuralLists
{
    public static void Validate(StructuralSchema schema, JsonNode? value, string path, Findings errors)
    {
        switch (value)
        {
            case JsonObject map:
                foreach (var (name, child) in map)
                {
                    if (schema.Properties.TryGetValue(name, out var property))
                    {
                        Validate(property, child, path.Length == 0 ? name : $"{path}.{name}", errors);
                    }
                    else if (schema.AdditionalProperties is { } additional)
                    {
                        Validate(additional, child, $"{path}[{name}]", errors);
                    }
                }

                break;
            case JsonArray list:
                Unique(schema, list, path, errors);
                for (var i = 0; schema.Items is { } items && i < list.Count; i++)
                {
                    Validate(items, list[i], At(path, i), errors);
                }

                break;
            default:
                break;
        }
    }

    private static void Unique(StructuralSchema schema, JsonArray list, string path, Findings errors)
    {
        if (schema.ListType == "map" && list.Select((item, i) => (item, i)).FirstOrDefault(p => p.item is not (null or JsonObject)) is { item: { } odd } at)
        {
            errors.Invalid(At(path, at.i), odd, "must be an object for an array of list-type map");
            return;
        }

        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; schema.ListType is "set" or "map" && i < list.Count; i++)
        {
            var key = schema.ListType == "set" ? list[i]?.DeepClone() : Key(schema, list[i] as JsonObject);
            var text = Json.Encode(key);
            seen[text] = seen.GetValueOrDefault(text) + 1;

            // The first repetition alone is told.
            if (seen[text] == 2)
            {
                errors.Duplicate(At(path, i), key);
            }
        }
    }

    private static JsonObject Key(StructuralSchema schema, JsonObject? element) =>
        new(schema.ListMapKeys.Where(k => element?.ContainsKey(k) == true).Order(StringComparer.Ordinal)
            .Select(k => new KeyValuePair<string, JsonNode?>(k, element![k]?.DeepClone())));

    private static string At(string path, int index) => $"{path}[{index.ToString(CultureInfo.InvariantCulture)}]";
}

/// <summary>Resources within custom resources, after apiserver/schema/objectmeta of apiextensions.</summary>
internal static class EmbeddedResources
{
    public static void Validate(StructuralSchema schema, JsonNode? value, string path, Findings errors)
    {
        switch (value)
        {
            case JsonObject map:
                if (schema.EmbeddedResource)
                {
                    One(map, path, errors);
                }

                foreach (var (name, child) in map)
                {
                    if (schema.Properties.TryGetValue(name, out var property))
                    {
                        Validate(property, child, path.Length == 0 ? name : $"{path}.{name}", errors);
                    }
                    else if (schema.AdditionalProperties is { } additional)
                    {
                        Validate(additional, child, $"{path}[{name}]", errors);
                    }
                }

                break;
            case JsonArray list when schema.Items is { } items:
                for (var i = 0; i < list.Count; i++)
                {
                    Validate(items, list[i], $"{path}[{i.ToString(CultureInfo.InvariantCulture)}]", errors);
                }

                break;
            default:
                break;
        }
    }

    private static void One(JsonObject map, string path, Findings errors)
    {
        foreach (var name in (string[])["apiVersion", "kind"])
        {
            var field = $"{path}.{name}";
            if (!map.TryGetPropertyValue(name, out var value))
            {
                errors.Required(field);
            }
            else if (Json.TextOf(value) is not { } text)
            {
                errors.Invalid(field, value, "must be a string");
            }
            else if (text.Length == 0)
            {
                errors.Invalid(field, text, "must not be empty");
            }
            else if (name == "apiVersion" && text.Count(c => c == '/') > 1)
            {
                errors.Invalid(field, text, $"unexpected GroupVersion string: {text}");
            }
            else if (name == "kind" && Names.Label1035(text.ToLowerInvariant()) is { Count: > 0 } why)
            {
                errors.Invalid(field, text, "may have mixed case, but should otherwise match: " + string.Join(",", why));
            }
        }

        if (map.Map("metadata") is { } metadata)
        {
            var inner = new Findings();
            var shown = new JsonObject { ["metadata"] = metadata.DeepClone() };
            if (string.IsNullOrEmpty(metadata.Text("name")))
            {
                shown.Map("metadata")!["name"] = "fakename";
            }

            Metadata.Validate(shown, metadata.Text("namespace") is { Length: > 0 }, Names.PathSegment, inner);
            foreach (var error in inner.Errors)
            {
                errors.Add(error with { Field = $"{path}.{error.Field}" });
            }
        }
    }
}
