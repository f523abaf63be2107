using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Validation of pod specs and templates: what manifests get wrong, in the server's words.</summary>
internal static class PodTemplateValidation
{
    /// <summary>A workload's selector and template.</summary>
    public static void Workload(JsonObject spec, Findings errors, bool podSpec = true)
    {
        var selector = spec.Map("selector");
        if (selector is null)
        {
            errors.Required("spec.selector");
        }
        else
        {
            LabelSelector(selector, "spec.selector", errors);
            if (selector.Count == 0)
            {
                errors.Add(FieldError.Invalid("spec.selector", selector.DeepClone(), "empty selector is invalid for deployment"));
            }
        }

        Template(spec.Map("template"), "spec.template", selector, errors, podSpec: podSpec);
    }

    public static void Template(JsonObject? template, string field, JsonObject? selector, Findings errors, bool matchSelector = true, bool podSpec = true)
    {
        var labels = template.Map("metadata").Map("labels");
        if (matchSelector && (selector is null || selector.Count == 0 || !Selects(selector, labels)))
        {
            errors.Invalid($"{field}.metadata.labels", labels?.DeepClone(), "`selector` does not match template `labels`");
        }

        Metadata.Labels(labels, $"{field}.labels", errors);
        Metadata.Annotations(template.Map("metadata").Map("annotations"), $"{field}.annotations", errors);
        if (podSpec)
        {
            Spec(template.Map("spec") ?? [], $"{field}.spec", errors);
        }
    }

    public static void LabelSelector(JsonObject selector, string field, Findings errors)
    {
        foreach (var (key, value) in selector.Map("matchLabels") ?? [])
        {
            errors.Check($"{field}.matchLabels", key, Names.QualifiedName);
            errors.Check($"{field}.matchLabels", Json.TextOf(value) ?? "", Names.LabelValue);
        }

        var i = 0;
        foreach (var expression in selector.Each("matchExpressions"))
        {
            var at = $"{field}.matchExpressions[{i++}]";
            var values = expression.List("values")?.Count ?? 0;
            switch (expression.Text("operator"))
            {
                case "In" or "NotIn" when values == 0:
                    errors.Required($"{at}.values", "must be specified when `operator` is 'In' or 'NotIn'");
                    break;
                case "Exists" or "DoesNotExist" when values > 0:
                    errors.Forbidden($"{at}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                    break;
                case "In" or "NotIn" or "Exists" or "DoesNotExist":
                    break;
                default:
                    errors.Invalid($"{at}.operator", expression.Text("operator") ?? "", "not a valid selector operator");
                    break;
            }

            errors.Check($"{at}.key", expression.Text("key") ?? "", Names.QualifiedName);
        }
    }

    /// <summary>Whether a label selector selects an object with these labels.</summary>
    public static bool Selects(JsonObject selector, JsonObject? labels)
    {
        foreach (var (key, value) in selector.Map("matchLabels") ?? [])
        {
            if (labels.Text(key) is not { } label || label != Json.TextOf(value))
            {
                return false;
            }
        }

        return selector.Each("matchExpressions").All(e =>
        {
            var label = labels.Text(e.Text("key") ?? "");
            var listed = label is not null && (e.List("values")?.Any(v => Json.TextOf(v) == label) ?? false);
            return e.Text("operator") switch
            {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => label is not null,
                "DoesNotExist" => label is null,
                _ => false,
            };
        });
    }

    public static void Spec(JsonObject spec, string field, Findings errors)
    {
        var volumes = new HashSet<string>(StringComparer.Ordinal);
        var i = 0;
        foreach (var volume in spec.Each("volumes"))
        {
            Volume(volume, $"{field}.volumes[{i++}]", volumes, errors);
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        if (spec.List("containers") is not { Count: > 0 })
        {
            errors.Required($"{field}.containers");
        }

        foreach (var list in (string[])["containers", "initContainers"])
        {
            i = 0;
            foreach (var container in spec.Each(list))
            {
                Container(container, $"{field}.{list}[{i++}]", volumes, names, errors);
            }
        }

        errors.OneOf($"{field}.restartPolicy", spec.Text("restartPolicy") ?? "", "Always", "OnFailure", "Never");
        errors.OneOf($"{field}.dnsPolicy", spec.Text("dnsPolicy") ?? "", "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None");
        errors.NotNegative($"{field}.terminationGracePeriodSeconds", spec.Whole("terminationGracePeriodSeconds"));
        if (spec.Text("serviceAccountName") is { Length: > 0 } account)
        {
            errors.Check($"{field}.serviceAccountName", account, Names.Subdomain);
        }

        if (spec.Text("nodeName") is { Length: > 0 } node)
        {
            errors.Check($"{field}.nodeName", node, Names.Subdomain);
        }

        Metadata.Labels(spec.Map("nodeSelector"), $"{field}.nodeSelector", errors);
    }

    private static void Volume(JsonObject volume, string field, HashSet<string> volumes, Findings errors)
    {
        var name = volume.Text("name") ?? "";
        if (name.Length == 0)
        {
            errors.Required($"{field}.name");
        }
        else
        {
            errors.Check($"{field}.name", name, Names.Label);
        }

        if (!volumes.Add(name) && name.Length > 0)
        {
            errors.Add(FieldError.Duplicate($"{field}.name", name));
        }

        var sources = volume.Where(p => p.Key != "name" && p.Value is not null).Select(p => p.Key).ToArray();
        foreach (var extra in sources.Skip(1))
        {
            errors.Forbidden($"{field}.{extra}", "may not specify more than 1 volume type");
        }

        if (volume.Map("secret") is { } secret && string.IsNullOrEmpty(secret.Text("secretName")))
        {
            errors.Required($"{field}.secret.secretName");
        }

        if (volume.Map("configMap") is { } files && string.IsNullOrEmpty(files.Text("name")))
        {
            errors.Required($"{field}.configMap.name");
        }

        if (volume.Map("persistentVolumeClaim") is { } claim && string.IsNullOrEmpty(claim.Text("claimName")))
        {
            errors.Required($"{field}.persistentVolumeClaim.claimName");
        }
    }

    private static void Container(JsonObject container, string field, HashSet<string> volumes, HashSet<string> names, Findings errors)
    {
        var name = container.Text("name") ?? "";
        if (name.Length == 0)
        {
            errors.Required($"{field}.name");
        }
        else
        {
            errors.Check($"{field}.name", name, Names.Label);
            if (!names.Add(name))
            {
                errors.Add(FieldError.Duplicate($"{field}.name", name));
            }
        }

        var image = container.Text("image") ?? "";
        if (image.Length == 0)
        {
            errors.Required($"{field}.image");
        }
        else if (image.Trim() != image)
        {
            errors.Invalid($"{field}.image", image, "must not have leading or trailing whitespace");
        }

        errors.OneOf($"{field}.imagePullPolicy", container.Text("imagePullPolicy") ?? "", "Always", "IfNotPresent", "Never");
        var i = 0;
        foreach (var port in container.Each("ports"))
        {
            var at = $"{field}.ports[{i++}]";
            if (port.Whole("containerPort") is not (>= 1 and <= 65535))
            {
                errors.Invalid($"{at}.containerPort", port["containerPort"]?.DeepClone(), "must be between 1 and 65535, inclusive");
            }

            errors.OneOf($"{at}.protocol", port.Text("protocol") ?? "", "SCTP", "TCP", "UDP");
        }

        i = 0;
        foreach (var variable in container.Each("env"))
        {
            var at = $"{field}.env[{i++}]";
            if (string.IsNullOrEmpty(variable.Text("name")))
            {
                errors.Required($"{at}.name");
            }

            if (variable.Map("valueFrom") is not null && !string.IsNullOrEmpty(variable.Text("value")))
            {
                errors.Invalid($"{at}.valueFrom", "", "may not be specified when `value` is not empty");
            }
        }

        i = 0;
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var mount in container.Each("volumeMounts"))
        {
            var at = $"{field}.volumeMounts[{i++}]";
            var volume = mount.Text("name") ?? "";
            if (volume.Length == 0)
            {
                errors.Required($"{at}.name");
            }
            else if (!volumes.Contains(volume))
            {
                errors.Add(FieldError.NotFound($"{at}.name", volume));
            }

            var path = mount.Text("mountPath") ?? "";
            if (path.Length == 0)
            {
                errors.Required($"{at}.mountPath");
            }
            else if (!paths.Add(path))
            {
                errors.Invalid($"{at}.mountPath", path, "must be unique");
            }
        }

        Resources(container.Map("resources"), $"{field}.resources", errors);
    }

    private static void Resources(JsonObject? resources, string field, Findings errors)
    {
        var limits = resources.Map("limits");
        foreach (var (name, value) in resources.Map("requests") ?? [])
        {
            if (Quantity.Nanos(Json.TextOf(value)) is { } request && Quantity.Nanos(limits.Text(name)) is { } limit && request > limit)
            {
                errors.Invalid($"{field}.requests", Json.TextOf(value)!, $"must be less than or equal to {name} limit of {limits.Text(name)}");
            }
        }
    }
}
