using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Pods;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Storage;

/// <summary>The specs of claims, also in templates, after apis/core/validation/validation.go.</summary>
internal static class ClaimValidation
{
    public static void Spec(JsonObject spec, string field, Findings errors)
    {
        if (spec.List("accessModes") is not { Count: > 0 })
        {
            errors.Required($"{field}.accessModes", "at least 1 access mode is required");
        }

        LabelSelectors.Validate(spec.Map("selector"), $"{field}.selector", errors);
        AccessModes(spec, field, errors);
        var at = $"{field}.resources[storage]";
        if (spec.Map("resources").Map("requests")?["storage"] is not { } storage)
        {
            errors.Required(at);
        }
        else if (Quantity.Nanos(Json.TextOf(storage)) is { } nanos && nanos <= 0)
        {
            errors.Invalid(at, Json.TextOf(storage)!, "must be greater than zero");
        }
        else
        {
            ResourceValidation.Amount("storage", storage, at, errors);
        }

        Class(spec, "storageClassName", field, errors);
        if (spec.Text("volumeMode") is { } mode)
        {
            errors.OneOf($"{field}.volumeMode", mode, "Block", "Filesystem");
        }

        foreach (var source in (string[])["dataSource", "dataSourceRef"])
        {
            if (spec.Map(source) is { } reference)
            {
                Source(reference, $"{field}.{source}", errors);
            }
        }

        Class(spec, "volumeAttributesClassName", field, errors);
    }

    public static void AccessModes(JsonObject spec, string field, Findings errors)
    {
        var modes = (spec.List("accessModes") ?? []).Select(m => Json.TextOf(m) ?? "").ToArray();
        foreach (var mode in modes)
        {
            errors.OneOf($"{field}.accessModes", mode, "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod");
        }

        if (modes.Contains("ReadWriteOncePod") && modes.Any(m => m is "ReadOnlyMany" or "ReadWriteMany" or "ReadWriteOnce"))
        {
            errors.Forbidden($"{field}.accessModes", "may not use ReadWriteOncePod with other access modes");
        }
    }

    private static void Class(JsonObject spec, string name, string field, Findings errors)
    {
        if (spec.Text(name) is { Length: > 0 } text)
        {
            errors.Check($"{field}.{name}", text, Names.Subdomain);
        }
    }

    private static void Source(JsonObject source, string field, Findings errors)
    {
        errors.Need($"{field}.name", source.Text("name"));
        errors.Need($"{field}.kind", source.Text("kind"));
        var group = source.Text("apiGroup") ?? "";
        if (group.Length == 0 && source.Text("kind") != "PersistentVolumeClaim")
        {
            errors.Invalid(field, source.Text("kind") ?? "", "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
        }

        if (group.Length > 0)
        {
            errors.Check($"{field}.apiGroup", group, Names.Subdomain);
        }

        if (source.Text("namespace") is { Length: > 0 } space)
        {
            errors.Check($"{field}.namespace", space, Names.Label);
        }
    }
}
