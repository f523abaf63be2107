using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Whether a CRD's schema is structural, after apiserver/schema/validation.go of apiextensions; errors come sorted.</summary>
internal static class CrdStructure
{
    public static void Validate(JsonObject schema, string field, Findings errors)
    {
        var found = new Findings();
        Walk(schema, field, "must not be empty at the root", root: true, found);
        foreach (var error in found.Errors.OrderBy(e => $"{e.Field}: {e.Message}", StringComparer.Ordinal))
        {
            errors.Add(error);
        }
    }

    private static void Walk(JsonObject schema, string field, string emptyType, bool root, Findings errors)
    {
        var type = schema.Text("type") ?? "";
        if (type == "array" && schema["items"] is null)
        {
            errors.Required($"{field}.items", "must be specified");
        }

        if (schema.Map("items") is { } items)
        {
            Walk(items, $"{field}.items", "must not be empty for specified array items", root: false, errors);
        }

        foreach (var (name, property) in schema.Map("properties") ?? [])
        {
            if (property is JsonObject child && !(root && name == "metadata"))
            {
                Walk(child, $"{field}.properties[{name}]", "must not be empty for specified object fields", root: false, errors);
            }
        }

        if (schema["additionalProperties"] is { } additional)
        {
            if (root)
            {
                errors.Forbidden($"{field}.additionalProperties", "must not be used at the root");
            }

            if (additional is JsonObject child)
            {
                Walk(child, $"{field}.additionalProperties", "must not be empty for specified object fields", root: false, errors);
            }
        }

        var (embedded, preserves, either) = (
            schema.Flag("x-kubernetes-embedded-resource"), schema.Flag("x-kubernetes-preserve-unknown-fields"), schema.Flag("x-kubernetes-int-or-string"));
        if (either && preserves)
        {
            errors.Invalid($"{field}.x-kubernetes-preserve-unknown-fields", true, "must be false if x-kubernetes-int-or-string is true");
        }

        if (either && embedded)
        {
            errors.Invalid($"{field}.x-kubernetes-embedded-resource", true, "must be false if x-kubernetes-int-or-string is true");
        }

        Values(schema, field, errors);
        Type(schema, type, field, emptyType, embedded, either || preserves, errors);
        if (root && type.Length > 0 && type != "object")
        {
            errors.Invalid($"{field}.type", type, "must be object at the root");
        }

        Resource(schema, field, root, embedded, preserves, errors);
    }

    private static void Type(JsonObject schema, string type, string field, string emptyType, bool embedded, bool free, Findings errors)
    {
        if (embedded && type != "object")
        {
            const string words = "must be object if x-kubernetes-embedded-resource is true";
            if (type.Length == 0)
            {
                errors.Required($"{field}.type", words);
            }
            else
            {
                errors.Invalid($"{field}.type", type, words);
            }
        }
        else if (type.Length == 0 && !free)
        {
            errors.Required($"{field}.type", emptyType);
        }

        if (embedded && schema["additionalProperties"] is not null)
        {
            errors.Forbidden($"{field}.additionalProperties", "must not be used if x-kubernetes-embedded-resource is set");
        }
    }

    private static void Resource(JsonObject schema, string field, bool root, bool embedded, bool preserves, Findings errors)
    {
        var properties = schema.Map("properties");
        foreach (var name in root || embedded ? (string[])["kind", "apiVersion"] : [])
        {
            if (properties.Map(name) is { } property && property.Text("type") != "string")
            {
                errors.Invalid($"{field}.properties[{name}].type", property.Text("type") ?? "", "must be string");
            }
        }

        if (properties.Map("metadata") is { } metadata)
        {
            if ((root || embedded) && metadata.Text("type") != "object")
            {
                errors.Invalid($"{field}.properties[metadata].type", metadata.Text("type") ?? "", "must be object");
            }

            if (root && (metadata.Any(p => p.Key is not ("type" or "properties" or "description"))
                || (metadata.Map("properties") ?? []).Any(p => p.Key is not ("name" or "generateName"))))
            {
                errors.Forbidden($"{field}.properties[metadata]", "must not specify anything other than name and generateName, but metadata is implicitly specified");
            }
        }

        if (embedded && !preserves && properties is not { Count: > 0 })
        {
            errors.Required($"{field}.properties", "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields");
        }
    }

    /// <summary>Within the junctors only values may be restricted, no structure declared.</summary>
    private static void Values(JsonObject schema, string field, Findings errors)
    {
        foreach (var junctor in (string[])["anyOf", "allOf", "oneOf"])
        {
            var i = 0;
            foreach (var nested in schema.Each(junctor))
            {
                if (!(schema.Flag("x-kubernetes-int-or-string") && junctor is "anyOf" or "allOf"))
                {
                    Nested(nested, $"{field}.{junctor}[{i}]", errors);
                }

                i++;
            }
        }

        if (schema.Map("not") is { } not)
        {
            Nested(not, $"{field}.not", errors);
        }

        if (schema.Text("pattern") is { Length: > 0 } pattern)
        {
            try
            {
                _ = new Regex(pattern, RegexOptions.CultureInvariant);
            }
            catch (ArgumentException e)
            {
                errors.Invalid($"{field}.pattern", pattern, $"must be a valid regular expression, but isn't: {e.Message}");
            }
        }
    }

    private static void Nested(JsonObject schema, string field, Findings errors)
    {
        Values(schema, field, errors);
        if (schema.Map("items") is { } items)
        {
            Nested(items, $"{field}.items", errors);
        }

        foreach (var (name, property) in schema.Map("properties") ?? [])
        {
            if (property is JsonObject child)
            {
                Nested(child, $"{field}.properties[{name}]", errors);
            }
        }

        foreach (var generic in (string[])["type", "additionalProperties", "default", "title", "description", "nullable"])
        {
            if (schema[generic] is { } value && !(value is JsonValue && Json.TextOf(value) is ""))
            {
                errors.Forbidden($"{field}.{generic}", generic == "additionalProperties" || generic == "default"
                    ? "must be undefined to be structural"
                    : generic == "nullable" ? "must be false to be structural" : "must be empty to be structural");
            }
        }

        foreach (var extension in schema.Select(p => p.Key).Where(k => k.StartsWith("x-kubernetes-", StringComparison.Ordinal) && !(k == "x-kubernetes-validations" && field.Contains("allOf", StringComparison.Ordinal))))
        {
            errors.Forbidden($"{field}.{extension}", extension is "x-kubernetes-preserve-unknown-fields" or "x-kubernetes-embedded-resource" or "x-kubernetes-int-or-string"
                ? "must be false to be structural"
                : extension == "x-kubernetes-validations" ? "must be empty to be structural" : "must be undefined to be structural");
        }
    }
}
