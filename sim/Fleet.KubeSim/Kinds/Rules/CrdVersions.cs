using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>The versions of a custom kind, after apis/apiextensions/validation/validation.go. What all versions share, the server holds, and names, once.</summary>
internal static class CrdVersions
{
    private static readonly string[] ColumnTypes = ["boolean", "date", "integer", "number", "string"];
    private static readonly string[] ColumnFormats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

    public static void Validate(JsonObject spec, Findings errors)
    {
        var versions = spec.Each("versions").ToArray();
        for (var i = 0; i < versions.Length; i++)
        {
            if (versions[i].Map("schema").Map("openAPIV3Schema") is null)
            {
                errors.Required($"spec.versions[{i}].schema.openAPIV3Schema");
            }
        }

        for (var i = 0; i < versions.Length; i++)
        {
            var (version, field) = (versions[i], $"spec.versions[{i}]");
            if (Names.Label1035(version.Text("name") ?? "") is { Count: > 0 } why)
            {
                errors.Invalid($"{field}.name", version.Text("name") ?? "", string.Join(",", why));
            }

            if (version.Text("deprecationWarning") is { } warning && !version.Flag("deprecated"))
            {
                errors.Invalid($"{field}.deprecationWarning", warning, "can only be set for deprecated versions");
            }

            if (!AllShare(versions, "schema") && version.Map("schema").Map("openAPIV3Schema") is { } schema)
            {
                CrdSchemas.Validate(schema, $"{field}.schema.openAPIV3Schema", version.Map("subresources")?["status"] is not null, errors);
            }

            if (!AllShare(versions, "subresources"))
            {
                Subresources(version, $"{field}.subresources", errors);
            }

            if (!AllShare(versions, "additionalPrinterColumns"))
            {
                Columns(version, $"{field}.additionalPrinterColumns", errors);
            }
        }

        if (versions.Select(v => v.Text("name")).Distinct(StringComparer.Ordinal).Count() != versions.Length)
        {
            errors.Invalid("spec.versions", CrdInternals.Versions(spec), "must contain unique version names");
        }

        if (versions.Count(v => v.Flag("storage")) != 1)
        {
            errors.Invalid("spec.versions", CrdInternals.Versions(spec), "must have exactly one version marked as storage version");
        }
    }

    public static void Shared(JsonObject spec, Findings errors)
    {
        var versions = spec.Each("versions").ToArray();
        if (versions.Length == 0)
        {
            return;
        }

        if (AllShare(versions, "schema") && versions[0].Map("schema").Map("openAPIV3Schema") is { } schema)
        {
            CrdSchemas.Validate(schema, "spec.validation.openAPIV3Schema", versions.Any(v => v.Map("subresources")?["status"] is not null), errors);
        }

        if (AllShare(versions, "subresources"))
        {
            Subresources(versions[0], "spec.subresources", errors);
        }

        if (AllShare(versions, "additionalPrinterColumns"))
        {
            Columns(versions[0], "spec.additionalPrinterColumns", errors);
        }
    }

    private static bool AllShare(JsonObject[] versions, string field) => versions.All(v => Json.Equal(v[field], versions[0][field]));

    private static void Subresources(JsonObject version, string field, Findings errors)
    {
        if (version.Map("subresources").Map("scale") is not { } scale)
        {
            return;
        }

        foreach (var (name, root) in ((string, string)[])[("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")])
        {
            var (path, at) = (scale.Text(name) ?? "", $"{field}.scale.{name}");
            if (path.Length == 0)
            {
                errors.Required(at);
            }
            else if (path[0] != '.')
            {
                errors.Invalid(at, path, "must be a simple json path starting with .");
            }
            else if (!path.StartsWith(root, StringComparison.Ordinal))
            {
                errors.Invalid(at, path, $"should be a json path under {root.TrimEnd('.')}");
            }
        }

        if (scale.Text("labelSelectorPath") is { Length: > 0 } selector)
        {
            if (selector[0] != '.')
            {
                errors.Invalid($"{field}.scale.labelSelectorPath", selector, "must be a simple json path starting with .");
            }
            else if (!selector.StartsWith(".spec.", StringComparison.Ordinal) && !selector.StartsWith(".status.", StringComparison.Ordinal))
            {
                errors.Invalid($"{field}.scale.labelSelectorPath", selector, "should be a json path under either .spec or .status");
            }
        }
    }

    private static void Columns(JsonObject version, string field, Findings errors)
    {
        var i = 0;
        foreach (var column in version.Each("additionalPrinterColumns"))
        {
            var at = $"{field}[{i++}]";
            errors.Need($"{at}.name", column.Text("name"));
            var (type, format, path) = (column.Text("type") ?? "", column.Text("format") ?? "", column.Text("jsonPath") ?? "");
            if (type.Length == 0)
            {
                errors.Required($"{at}.type", $"must be one of {string.Join(",", ColumnTypes)}");
            }
            else if (!ColumnTypes.Contains(type))
            {
                errors.Invalid($"{at}.type", type, $"must be one of {string.Join(",", ColumnTypes)}");
            }

            if (format.Length > 0 && !ColumnFormats.Contains(format))
            {
                errors.Invalid($"{at}.format", format, $"must be one of {string.Join(",", ColumnFormats)}");
            }

            if (path.Length == 0)
            {
                errors.Required($"{at}.JSONPath");
            }
            else if (path[0] != '.')
            {
                errors.Invalid($"{at}.JSONPath", path, "must be a simple json path starting with .");
            }
        }
    }
}
