using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Rules;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Pods;

/// <summary>Pod specs and templates, after apis/core/validation/validation.go: the same order, the same words.</summary>
internal static class PodSpecValidation
{
    /// <param name="template">The template; the server takes a missing one as an empty one.</param>
    /// <param name="field">Its path, such as spec.template.</param>
    /// <param name="errors">Where the errors go.</param>
    public static void Template(JsonObject? template, string field, Findings errors)
    {
        var metadata = template.Map("metadata");
        var spec = template.Map("spec") ?? [];
        Metadata.Labels(metadata.Map("labels"), $"{field}.labels", errors);
        Metadata.Annotations(metadata.Map("annotations"), $"{field}.annotations", errors);
        Annotations(metadata.Map("annotations"), $"{field}.annotations", errors);
        Spec(spec, null, $"{field}.spec", errors);
        if (spec.List("ephemeralContainers") is { Count: > 0 })
        {
            errors.Forbidden($"{field}.spec.ephemeralContainers", "ephemeral containers not allowed in pod template");
        }
    }

    /// <summary>Annotations that mean something for pods.</summary>
    public static void Annotations(JsonObject? annotations, string field, Findings errors)
    {
        const string cost = "controller.kubernetes.io/pod-deletion-cost";
        if (annotations.Text(cost) is { } text
            && (!int.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out _)
                || text.StartsWith('+') || (text.Length > 1 && text[0] == '0')))
        {
            errors.Invalid($"{field}[{cost}]", text, "must be a 32bit integer");
        }
    }

    /// <summary>A pod spec; the pod's name is given where it is one of a pod.</summary>
    public static void Spec(JsonObject spec, string? podName, string field, Findings errors)
    {
        var hostUsers = spec["hostUsers"] is null || spec.Flag("hostUsers");
        var volumes = VolumeValidation.Volumes(spec, podName, $"{field}.volumes", errors);
        ResourceClaims(spec, $"{field}.resourceClaims", errors);
        ContainerValidation.Containers(spec, volumes, hostUsers, field, errors);
        if (spec.Flag("hostNetwork"))
        {
            HostPorts(spec, podName is not null, field, errors);
        }

        errors.NeedOneOf($"{field}.restartPolicy", spec.Text("restartPolicy"), "Always", "OnFailure", "Never");
        errors.NeedOneOf($"{field}.dnsPolicy", spec.Text("dnsPolicy"), "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None");
        Metadata.Labels(spec.Map("nodeSelector"), $"{field}.nodeSelector", errors);
        SecurityValidation.Pod(spec, $"{field}.securityContext", errors);
        SchedulingValidation.Affinity(spec.Map("affinity"), $"{field}.affinity", errors);
        PodNetworkValidation.Dns(spec, $"{field}.dnsConfig", errors);
        Named(spec, "readinessGates", "conditionType", ".conditionType", field, errors);
        Gates(spec, $"{field}.schedulingGates", errors);
        SchedulingValidation.Spread(spec, $"{field}.topologySpreadConstraints", errors);
        if (!hostUsers)
        {
            foreach (var (name, shown) in ((string, string)[])[("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")])
            {
                if (spec.Flag(name))
                {
                    errors.Forbidden($"{field}.{shown}", "when `pod.Spec.HostUsers` is false");
                }
            }
        }

        Scalars(spec, field, errors);
    }

    private static void Scalars(JsonObject spec, string field, Findings errors)
    {
        Optional("serviceAccountName", Names.Subdomain);
        Optional("nodeName", Names.Subdomain);
        errors.InRange($"{field}.activeDeadlineSeconds", spec.Whole("activeDeadlineSeconds"), 1, int.MaxValue);
        Optional("hostname", Names.Label);
        Optional("subdomain", Names.Label);
        SchedulingValidation.Tolerations(spec, $"{field}.tolerations", errors);
        PodNetworkValidation.HostAliases(spec, $"{field}.hostAliases", errors);
        Optional("priorityClassName", Names.Subdomain);
        if (spec.Text("runtimeClassName") is { } runtime)
        {
            errors.Check($"{field}.runtimeClassName", runtime, Names.Subdomain);
        }

        if (spec.Text("preemptionPolicy") is { } preemption)
        {
            errors.NeedOneOf($"{field}.preemptionPolicy", preemption, "PreemptLowerPriority", "Never");
        }

        if (spec.Map("overhead") is { } overhead)
        {
            ResourceValidation.Requirements(new JsonObject { ["limits"] = overhead.DeepClone() }, [], $"{field}.overhead", errors);
        }

        if (spec.Map("os") is { } os)
        {
            if (string.IsNullOrEmpty(os.Text("name")))
            {
                errors.Required($"{field}.os.name", "cannot be empty");
            }
            else
            {
                errors.OneOf($"{field}.os", os.Text("name")!, "linux", "windows");
            }
        }

        void Optional(string name, TextRule rule)
        {
            if (spec.Text(name) is { Length: > 0 } text)
            {
                errors.Check($"{field}.{name}", text, rule);
            }
        }
    }

    /// <summary>On the host's network a container's port is the host's.</summary>
    private static void HostPorts(JsonObject spec, bool pod, string field, Findings errors)
    {
        var i = 0;
        foreach (var container in spec.Each("containers"))
        {
            var j = 0;
            foreach (var port in container.Each("ports"))
            {
                var host = port.Whole("hostPort") ?? 0;
                if ((pod || host != 0) && host != (port.Whole("containerPort") ?? 0))
                {
                    errors.Invalid($"{field}.containers[{i}].ports[{j}].hostPort", host, "must match `containerPort` when `hostNetwork` is true");
                }

                j++;
            }

            i++;
        }
    }

    private static void ResourceClaims(JsonObject spec, string field, Findings errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var i = 0;
        foreach (var claim in spec.Each("resourceClaims"))
        {
            var at = $"{field}[{i++}]";
            var name = claim.Text("name") ?? "";
            if (names.Contains(name))
            {
                errors.Duplicate($"{at}.name", name);
            }
            else
            {
                errors.Need($"{at}.name", name, Names.Label);
                names.Add(name);
            }

            foreach (var part in (string[])["resourceClaimName", "resourceClaimTemplateName"])
            {
                if (claim.Text(part) is { } reference)
                {
                    errors.Check($"{at}.{part}", reference, Names.Subdomain);
                }
            }
        }
    }

    private static void Named(JsonObject spec, string list, string member, string suffix, string field, Findings errors)
    {
        var i = 0;
        foreach (var item in spec.Each(list))
        {
            errors.Check($"{field}.{list}[{i++}]{suffix}", item.Text(member) ?? "", Names.QualifiedName);
        }
    }

    private static void Gates(JsonObject spec, string field, Findings errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var i = 0;
        foreach (var gate in spec.Each("schedulingGates"))
        {
            var (at, name) = ($"{field}[{i++}]", gate.Text("name") ?? "");
            errors.Check(at, name, Names.QualifiedName);
            if (!names.Add(name))
            {
                errors.Duplicate(at, name);
            }
        }
    }
}
