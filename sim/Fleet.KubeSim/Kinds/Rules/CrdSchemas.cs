using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Schema.Cel;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Checks the schemas of a CRD: that they are structural, and that their CEL rules compile.</summary>
internal static class CrdSchemas
{
    private static readonly string[] Types = ["array", "boolean", "integer", "number", "object", "string"];

    public static void Validate(JsonObject spec, Findings errors)
    {
        foreach (var (schema, field) in Schemas(spec))
        {
            if (schema.Text("type") is { Length: > 0 } type && type != "object")
            {
                errors.Invalid($"{field}.type", type, "must be object at the root");
            }

            Walk(schema, field, "must not be empty at the root", errors);
            Rules(schema, field, true, errors);
        }
    }

    /// <summary>The CEL rules, which must compile against what the schema declares.</summary>
    private static void Rules(JsonObject schema, string field, bool root, Findings errors)
    {
        var i = 0;
        foreach (var rule in schema.Each("x-kubernetes-validations"))
        {
            if (CelTypes.Problem(rule.Text("rule") ?? "", StructuralSchema.Read(schema), root) is { } problem)
            {
                var shown = new JsonObject
                {
                    ["Rule"] = rule.Text("rule") ?? "",
                    ["Message"] = rule.Text("message") ?? "",
                    ["MessageExpression"] = rule.Text("messageExpression") ?? "",
                    ["Reason"] = rule["reason"]?.DeepClone(),
                    ["FieldPath"] = rule.Text("fieldPath") ?? "",
                    ["OptionalOldSelf"] = rule["optionalOldSelf"]?.DeepClone(),
                };
                errors.Invalid($"{field}.x-kubernetes-validations[{i}].rule", shown, problem);
            }

            i++;
        }

        foreach (var (name, property) in schema.Map("properties") ?? [])
        {
            if (property is JsonObject child)
            {
                Rules(child, $"{field}.properties[{name}]", false, errors);
            }
        }

        foreach (var nested in (string[])["additionalProperties", "items"])
        {
            if (schema.Map(nested) is { } child)
            {
                Rules(child, $"{field}.{nested}", false, errors);
            }
        }
    }

    /// <summary>Each version's schema with its path; a schema that all versions share is shown at one place, as the server does.</summary>
    public static IEnumerable<(JsonObject Schema, string Field)> Schemas(JsonObject spec)
    {
        var versions = spec.Each("versions").ToArray();
        if (SharesSchema(spec))
        {
            if (versions[0].Map("schema").Map("openAPIV3Schema") is { } shared)
            {
                yield return (shared, "spec.validation.openAPIV3Schema");
            }

            yield break;
        }

        for (var i = 0; i < versions.Length; i++)
        {
            if (versions[i].Map("schema").Map("openAPIV3Schema") is { } schema)
            {
                yield return (schema, $"spec.versions[{i}].schema.openAPIV3Schema");
            }
        }
    }

    public static bool SharesSchema(JsonObject spec)
    {
        var versions = spec.Each("versions").ToArray();
        return versions.Length > 0 && versions.All(v => Json.Equal(v["schema"], versions[0]["schema"]));
    }

    private static void Walk(JsonObject schema, string field, string emptyType, Findings errors)
    {
        var type = schema.Text("type") ?? "";
        if (type.Length == 0)
        {
            if (!schema.Flag("x-kubernetes-int-or-string") && !schema.Flag("x-kubernetes-preserve-unknown-fields"))
            {
                errors.Required($"{field}.type", emptyType);
            }
        }
        else if (!Types.Contains(type))
        {
            errors.Add(FieldError.NotSupported($"{field}.type", type, Types));
        }

        if (type == "array" && schema["items"] is null)
        {
            errors.Required($"{field}.items", "must be specified");
        }

        if (schema.Map("properties") is { Count: > 0 } && schema["additionalProperties"] is JsonObject)
        {
            errors.Forbidden($"{field}.additionalProperties", "additionalProperties and properties are mutual exclusive");
        }

        foreach (var (name, property) in (schema.Map("properties") ?? []).OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            if (property is JsonObject child)
            {
                Walk(child, $"{field}.properties[{name}]", "must not be empty for specified object fields", errors);
            }
        }

        if (schema.Map("additionalProperties") is { } additional)
        {
            Walk(additional, $"{field}.additionalProperties", "must not be empty for specified object fields", errors);
        }

        if (schema.Map("items") is { } items)
        {
            Walk(items, $"{field}.items", "must not be empty for specified array items", errors);
        }
    }
}

/// <summary>Parts of a CRD as the server's messages show its internal structs.</summary>
internal static class CrdInternals
{
    public static JsonNode Versions(JsonObject spec)
    {
        var shared = CrdSchemas.SharesSchema(spec);
        return new JsonArray([.. spec.Each("versions").Select(v => Version(v, shared))]);
    }

    private static JsonNode Version(JsonObject version, bool shared) => new JsonObject
    {
        ["Name"] = version.Text("name") ?? "",
        ["Served"] = version.Flag("served"),
        ["Storage"] = version.Flag("storage"),
        ["Deprecated"] = version.Flag("deprecated"),
        ["DeprecationWarning"] = version["deprecationWarning"]?.DeepClone(),
        ["Schema"] = shared ? null : version["schema"]?.DeepClone(),
        ["Subresources"] = null,
        ["AdditionalPrinterColumns"] = null,
        ["SelectableFields"] = null,
    };
}
