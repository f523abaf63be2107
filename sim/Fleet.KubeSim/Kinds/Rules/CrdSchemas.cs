using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Schema.Cel;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Checks the schemas of a CRD: that they are structural, and that their CEL rules compile.</summary>
internal static class CrdSchemas
{
    private static readonly string[] Types = ["array", "boolean", "integer", "number", "object", "string"];

    /// <summary>One schema: structure, defaults, what the server does not support, rules.</summary>
    public static void Validate(JsonObject schema, string field, bool status, Findings errors)
    {
        var found = new Findings();
        if (status)
        {
            Root(schema, field, found);
        }

        if (schema.Flag("nullable"))
        {
            found.Forbidden($"{field}.nullable", "nullable cannot be true at the root");
        }

        var structure = new Findings();
        CrdStructure.Validate(schema, field, structure);
        if (structure.Errors.Count == 0)
        {
            Defaults(schema, field, structure);
        }

        found.AddAll(structure);
        var before = found.Errors.Count;
        Walk(schema, field, found);
        if (found.Errors.Count == before && structure.Errors.Count == 0)
        {
            Rules(schema, field, true, null, found);
        }

        errors.AddAll(found);
    }

    /// <summary>With a status subresource the root may say little, lest the status' part of it be lost.</summary>
    private static void Root(JsonObject schema, string field, Findings errors)
    {
        if (schema.Text("type") is { Length: > 0 } type && type != "object")
        {
            errors.Invalid($"{field}.type", type, "only \"object\" is allowed as the type at the root of the schema if the status subresource is enabled");
        }
    }

    /// <summary>A default must be what its schema takes.</summary>
    private static void Defaults(JsonObject schema, string field, Findings errors)
    {
        if (schema["default"] is { } value)
        {
            StructuralValidation.Validate(StructuralSchema.Read(schema), value, Slot.Absent, $"{field}.default", errors);
        }

        Each(schema, field, (child, at) => Defaults(child, at, errors));
    }

    private static void Each(JsonObject schema, string field, Action<JsonObject, string> visit)
    {
        if (schema.Map("additionalProperties") is { } additional)
        {
            visit(additional, $"{field}.additionalProperties");
        }

        foreach (var (name, property) in (schema.Map("properties") ?? []).OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            if (property is JsonObject child)
            {
                visit(child, $"{field}.properties[{name}]");
            }
        }

        if (schema.Map("items") is { } items)
        {
            visit(items, $"{field}.items");
        }
    }

    /// <summary>The CEL rules, which must compile against what the schema declares.</summary>
    /// <param name="schema">The schema with its rules.</param>
    /// <param name="field">Its path.</param>
    /// <param name="root">Whether it is that of the whole object.</param>
    /// <param name="uncorrelated">The path of a list or map around it whose parts cannot be told again in the old object.</param>
    /// <param name="errors">Where the errors go.</param>
    private static void Rules(JsonObject schema, string field, bool root, string? uncorrelated, Findings errors)
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

            if ((rule.Text("rule") ?? "").Contains("oldSelf", StringComparison.Ordinal))
            {
                if (uncorrelated is not null)
                {
                    errors.Invalid($"{field}.x-kubernetes-validations[{i}].rule", rule.Text("rule"), $"oldSelf cannot be used on the uncorrelatable portion of the schema within {uncorrelated}");
                }
            }
            else if (rule["optionalOldSelf"] is { } optional)
            {
                errors.Invalid($"{field}.x-kubernetes-validations[{i}].optionalOldSelf", optional, "may not be set if oldSelf is not used in rule");
            }

            i++;
        }

        var within = (schema["items"] is not null && schema.Text("x-kubernetes-list-type") != "map") || schema.Text("x-kubernetes-map-type") == "atomic" ? field : null;
        Each(schema, field, (child, at) => Rules(child, at, false, uncorrelated ?? within, errors));
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

    private static void Walk(JsonObject schema, string field, Findings errors)
    {
        var type = schema.Text("type") ?? "";
        if (type.Length > 0 && !Types.Contains(type))
        {
            errors.Add(FieldError.NotSupported($"{field}.type", type, Types));
        }

        foreach (var unsupported in (string[])["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"])
        {
            if (schema[unsupported] is not null)
            {
                errors.Forbidden($"{field}.{unsupported}", $"{unsupported} is not supported");
            }
        }

        if (schema.Flag("uniqueItems"))
        {
            errors.Forbidden($"{field}.uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
        }

        if (schema.Map("properties") is { Count: > 0 } && schema["additionalProperties"] is not null && !schema.Flag("additionalProperties"))
        {
            errors.Forbidden($"{field}.additionalProperties", "additionalProperties and properties are mutual exclusive");
        }

        Each(schema, field, (child, at) => Walk(child, at, errors));
        CrdLists.Validate(schema, type, field, errors);
        RuleTexts(schema, field, errors);
    }

    private static void RuleTexts(JsonObject schema, string field, Findings errors)
    {
        var i = 0;
        foreach (var rule in schema.Each("x-kubernetes-validations"))
        {
            var at = $"{field}.x-kubernetes-validations[{i++}]";
            var (text, message) = ((rule.Text("rule") ?? "").Trim(), rule.Text("message") ?? "");
            if (text.Length == 0)
            {
                errors.Required($"{at}.rule", "rule is not specified");
            }
            else if (message.Length > 0 && message.Trim().Length == 0)
            {
                errors.Invalid($"{at}.message", message, "must be non-empty if specified");
            }
            else if (message.Trim().Contains('\n', StringComparison.Ordinal))
            {
                errors.Invalid($"{at}.message", message, "must not contain line breaks");
            }
            else if (text.Contains('\n', StringComparison.Ordinal) && message.Length == 0)
            {
                errors.Required($"{at}.message", "message must be specified if rule contains line breaks");
            }

            if (rule.Text("messageExpression") is { Length: > 0 } expression && expression.Trim().Length == 0)
            {
                errors.Required($"{at}.messageExpression", "messageExpression must be non-empty if specified");
            }

            if (rule.Text("reason") is { } reason)
            {
                errors.OneOf($"{at}.reason", reason, "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired");
            }

            if (rule.Text("fieldPath") is { Length: > 0 } path && !Known(schema, path))
            {
                errors.Invalid($"{at}.fieldPath", path, "must be a valid path");
            }
        }
    }

    /// <summary>Whether a path of fields leads to something that the schema declares.</summary>
    private static bool Known(JsonObject schema, string path)
    {
        if (path.Contains('[', StringComparison.Ordinal))
        {
            return true;
        }

        JsonObject? at = schema;
        foreach (var name in path.StartsWith('.') ? path[1..].Split('.') : ["\0"])
        {
            at = at.Map("properties").Map(name);
        }

        return at is not null;
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
