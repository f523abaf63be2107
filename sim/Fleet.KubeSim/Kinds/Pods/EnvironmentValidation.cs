using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Rules;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Pods;

/// <summary>Environment variables and the fields they come from, after apis/core/validation/validation.go.</summary>
internal static class EnvironmentValidation
{
    private static readonly string[] VariableFields =
    [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    ];

    private static readonly string[] FileFields = ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

    private static readonly string[] Resources =
        ["limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"];

    private static readonly string[] ByteDivisors = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

    /// <summary>What the downward API knows in any place; other paths cannot be converted.</summary>
    private static readonly string[] KnownFields =
    [
        .. VariableFields, "metadata.annotations", "metadata.labels", "spec.restartPolicy", "spec.schedulerName", "spec.hostNetwork",
        "status.phase", "status.nominatedNodeName",
    ];

    public static void Variables(JsonObject container, string field, Findings errors)
    {
        var i = 0;
        foreach (var variable in container.Each("env"))
        {
            var at = $"{field}[{i++}]";
            errors.Need($"{at}.name", variable.Text("name"), Names.EnvironmentVariable);
            if (variable.Map("valueFrom") is { } source)
            {
                ValueFrom(source, variable.Text("value") ?? "", $"{at}.valueFrom", errors);
            }
        }
    }

    public static void Sources(JsonObject container, string field, Findings errors)
    {
        var i = 0;
        foreach (var source in container.Each("envFrom"))
        {
            var at = $"{field}[{i++}]";
            if (source.Text("prefix") is { Length: > 0 } prefix)
            {
                errors.Check($"{at}.prefix", prefix, Names.EnvironmentVariable);
            }

            var count = 0;
            foreach (var part in (string[])["configMapRef", "secretRef"])
            {
                if (source.Map(part) is { } reference)
                {
                    count++;
                    errors.Need($"{at}.{part}.name", reference.Text("name"), n => Names.Subdomain(Names.Prefix(n)));
                }
            }

            if (count != 1)
            {
                errors.Invalid(field, "", count == 0 ? "must specify one of: `configMapRef` or `secretRef`" : "may not have more than one field specified at a time");
            }
        }
    }

    /// <summary>A field of the pod that a variable or a file shows.</summary>
    public static void FieldRef(JsonObject reference, bool file, string field, Findings errors)
    {
        if (string.IsNullOrEmpty(reference.Text("apiVersion")))
        {
            errors.Required($"{field}.apiVersion");
            return;
        }

        if (reference.Text("fieldPath") is not { Length: > 0 } path)
        {
            errors.Required($"{field}.fieldPath");
            return;
        }

        var subscript = path.EndsWith("']", StringComparison.Ordinal) ? path.IndexOf("['", StringComparison.Ordinal) : -1;
        if (subscript > 0)
        {
            var (name, key) = (path[..subscript], path[(subscript + 2)..^2]);
            if (name is "metadata.annotations" or "metadata.labels")
            {
                errors.Check(field, name == "metadata.annotations" ? key.ToLowerInvariant() : key, Names.QualifiedName);
            }
            else
            {
                errors.Invalid($"{field}.fieldPath", path, $"error converting fieldPath: field label does not support subscript: {path}");
            }
        }
        else if (reference.Text("apiVersion") != "v1")
        {
            errors.Invalid($"{field}.fieldPath", path, $"error converting fieldPath: unsupported pod version: {reference.Text("apiVersion")}");
        }
        else if (!KnownFields.Contains(path))
        {
            errors.Invalid($"{field}.fieldPath", path, $"error converting fieldPath: field label not supported: {path}");
        }
        else
        {
            errors.OneOf($"{field}.fieldPath", path, file ? FileFields : VariableFields);
        }
    }

    public static void ResourceRef(JsonObject reference, bool file, string field, Findings errors)
    {
        var resource = reference.Text("resource") ?? "";
        if (file && string.IsNullOrEmpty(reference.Text("containerName")))
        {
            errors.Required($"{field}.containerName");
        }
        else if (resource.Length == 0)
        {
            errors.Required($"{field}.resource");
        }
        else if (!resource.StartsWith("requests.hugepages-", StringComparison.Ordinal) && !resource.StartsWith("limits.hugepages-", StringComparison.Ordinal))
        {
            errors.OneOf($"{field}.resource", resource, Resources);
        }

        if (Json.TextOf(reference["divisor"]) is not { } divisor || divisor == "0")
        {
            return;
        }

        var kind = resource[(resource.IndexOf('.', StringComparison.Ordinal) + 1)..];
        if (kind == "cpu" ? divisor is not ("1m" or "1") : !ByteDivisors.Contains(divisor))
        {
            var words = kind == "cpu" ? "1m and 1" : string.Join(", ", ByteDivisors);
            var name = kind switch { "ephemeral-storage" => "local ephemeral storage", "cpu" or "memory" => kind, _ => "hugepages" };
            errors.Invalid($"{field}.divisor", resource, $"only divisor's values {words} are supported with the {name} resource");
        }
    }

    private static void ValueFrom(JsonObject source, string value, string field, Findings errors)
    {
        var count = 0;
        if (source.Map("fieldRef") is { } pod)
        {
            count++;
            FieldRef(pod, file: false, $"{field}.fieldRef", errors);
        }

        if (source.Map("resourceFieldRef") is { } resource)
        {
            count++;
            ResourceRef(resource, file: false, $"{field}.resourceFieldRef", errors);
        }

        foreach (var part in (string[])["configMapKeyRef", "secretKeyRef"])
        {
            if (source.Map(part) is { } key)
            {
                count++;
                errors.Check($"{field}.{part}.name", key.Text("name") ?? "", Names.Subdomain);
                errors.Need($"{field}.{part}.key", key.Text("key"), Names.ConfigKey);
            }
        }

        count += source["fileKeyRef"] is null ? 0 : 1;
        if (count == 0)
        {
            errors.Invalid(field, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`");
        }
        else if (value.Length > 0)
        {
            errors.Invalid(field, "", "may not be specified when `value` is not empty");
        }
        else if (count > 1)
        {
            errors.Invalid(field, "", "may not have more than one field specified at a time");
        }
    }
}
