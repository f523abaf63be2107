using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Rules;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Pods;

/// <summary>Containers of all sorts, after apis/core/validation/validation.go.</summary>
internal static class ContainerValidation
{
    private static readonly string[] Probes = ["livenessProbe", "readinessProbe", "startupProbe"];

    public static void Containers(JsonObject spec, IReadOnlyDictionary<string, JsonObject> volumes, bool hostUsers, string field, Findings errors)
    {
        var regular = spec.Each("containers").ToArray();
        var context = new PodContext(spec, volumes, hostUsers);
        if (regular.Length == 0)
        {
            errors.Required($"{field}.containers");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < regular.Length; i++)
        {
            var at = $"{field}.containers[{i}]";
            Shared(regular[i], context, at, errors);
            var name = regular[i].Text("name") ?? "";
            if (!names.Add(name))
            {
                errors.Duplicate($"{at}.name", name);
            }

            ProbeValidation.Lifecycle(regular[i], context.GracePeriod, at, errors);
            ProbeValidation.Probes(regular[i], context.GracePeriod, at, errors);
            RestartPolicy(regular[i], at, errors);
        }

        HostPorts(regular, $"{field}.containers", errors);
        Init(spec, context, names, $"{field}.initContainers", errors);
    }

    /// <summary>What only pods are asked, not templates.</summary>
    public static void PodOnly(JsonObject spec, string field, Findings errors)
    {
        foreach (var list in (string[])["containers", "initContainers"])
        {
            var i = 0;
            foreach (var container in spec.Each(list))
            {
                var image = container.Text("image") ?? "";
                if (image.Trim() != image)
                {
                    errors.Invalid($"{field}.{list}[{i}].image", image, "must not have leading or trailing whitespace");
                }

                i++;
            }
        }
    }

    private static void Init(JsonObject spec, PodContext context, HashSet<string> names, string field, Findings errors)
    {
        var i = 0;
        foreach (var container in spec.Each("initContainers"))
        {
            var at = $"{field}[{i++}]";
            Shared(container, context, at, errors);
            RestartPolicy(container, at, errors);
            var name = container.Text("name") ?? "";
            if (name.Length > 0 && !names.Add(name))
            {
                errors.Duplicate($"{at}.name", name);
            }

            HostPorts([container], field, errors);
            if (container.Text("restartPolicy") == "Always")
            {
                ProbeValidation.Lifecycle(container, context.GracePeriod, at, errors);
                ProbeValidation.Probes(container, context.GracePeriod, at, errors);
                continue;
            }

            foreach (var part in (string[])["lifecycle", .. Probes])
            {
                if (container[part] is not null)
                {
                    errors.Forbidden($"{at}.{part}", "may not be set for init containers without restartPolicy=Always");
                }
            }
        }
    }

    private static void Shared(JsonObject container, PodContext context, string field, Findings errors)
    {
        errors.Need($"{field}.name", container.Text("name"), Names.Label);
        errors.Need($"{field}.image", container.Text("image"));
        errors.NeedOneOf($"{field}.terminationMessagePolicy", container.Text("terminationMessagePolicy"), "File", "FallbackToLogsOnError");
        Ports(container, $"{field}.ports", errors);
        EnvironmentValidation.Variables(container, $"{field}.env", errors);
        EnvironmentValidation.Sources(container, $"{field}.envFrom", errors);
        MountValidation.Mounts(container, context.Volumes, $"{field}.volumeMounts", errors);
        MountValidation.Devices(container, context.Volumes, $"{field}.volumeDevices", errors);
        errors.NeedOneOf($"{field}.imagePullPolicy", container.Text("imagePullPolicy"), "Always", "IfNotPresent", "Never");
        ResourceValidation.Requirements(container.Map("resources"), context.Claims, $"{field}.resources", errors);
        ResourceValidation.Resizes(container, context.RestartPolicy, $"{field}.resizePolicy", errors);
        SecurityValidation.Container(container.Map("securityContext"), context.HostUsers, $"{field}.securityContext", errors);
    }

    private static void RestartPolicy(JsonObject container, string field, Findings errors)
    {
        if (container.Text("restartPolicy") is { } policy)
        {
            errors.OneOf($"{field}.restartPolicy", policy, "Always", "Never", "OnFailure");
        }
    }

    private static void Ports(JsonObject container, string field, Findings errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var i = 0;
        foreach (var port in container.Each("ports"))
        {
            var at = $"{field}[{i++}]";
            if (port.Text("name") is { Length: > 0 } name)
            {
                if (Names.PortName(name) is { Count: > 0 })
                {
                    errors.Check($"{at}.name", name, Names.PortName);
                }
                else if (!names.Add(name))
                {
                    errors.Duplicate($"{at}.name", name);
                }
            }

            if (port.Whole("containerPort") is null or 0)
            {
                errors.Required($"{at}.containerPort");
            }
            else
            {
                errors.Port($"{at}.containerPort", port.Whole("containerPort"));
            }

            if (port.Whole("hostPort") is { } host and not 0)
            {
                errors.Port($"{at}.hostPort", host);
            }

            errors.NeedOneOf($"{at}.protocol", port.Text("protocol"), "SCTP", "TCP", "UDP");
        }
    }

    /// <summary>A port of the host serves one container.</summary>
    private static void HostPorts(JsonObject[] containers, string field, Findings errors)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < containers.Length; i++)
        {
            var j = 0;
            foreach (var port in containers[i].Each("ports"))
            {
                if (port.Whole("hostPort") is { } host and not 0)
                {
                    var key = $"{port.Text("protocol")}/{port.Text("hostIP")}/{host}";
                    if (!taken.Add(key))
                    {
                        errors.Duplicate($"{field}[{i}].ports[{j}].hostPort", key);
                    }
                }

                j++;
            }
        }
    }

    /// <summary>What a container is judged by of the pod around it.</summary>
    private sealed class PodContext(JsonObject spec, IReadOnlyDictionary<string, JsonObject> volumes, bool hostUsers)
    {
        public IReadOnlyDictionary<string, JsonObject> Volumes { get; } = volumes;

        public bool HostUsers { get; } = hostUsers;

        public long? GracePeriod { get; } = spec.Whole("terminationGracePeriodSeconds");

        public string RestartPolicy { get; } = spec.Text("restartPolicy") ?? "";

        public string[] Claims { get; } = [.. spec.Each("resourceClaims").Select(c => c.Text("name") ?? "").Where(n => n.Length > 0)];
    }
}
