using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Services as such, after ValidateService in apis/core/validation/validation.go.</summary>
internal static class ServiceValidation
{
    private const string SourceRanges = "service.beta.kubernetes.io/load-balancer-source-ranges";

    public static void Validate(JsonObject item, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        var type = spec.Text("type") ?? "";
        var headless = ServiceAddresses.IsHeadless(spec);
        if (spec.List("ports") is not { Count: > 0 } && !headless && type != "ExternalName")
        {
            errors.Required("spec.ports");
        }

        if (type is "LoadBalancer" or "NodePort" && headless)
        {
            errors.Invalid("spec.clusterIPs[0]", "None", $"may not be set to 'None' for {type} services");
        }

        if (type == "ExternalName")
        {
            ExternalName(spec, errors);
        }

        Ports(spec, errors);
        Metadata.Labels(spec.Map("selector"), "spec.selector", errors);
        errors.NeedOneOf("spec.sessionAffinity", spec.Text("sessionAffinity"), "ClientIP", "None");
        if (spec.Text("sessionAffinity") == "ClientIP" && spec.Map("sessionAffinityConfig").Map("clientIP").Whole("timeoutSeconds") is { } seconds and (<= 0 or > 86400))
        {
            errors.Invalid("spec.sessionAffinityConfig.clientIP.timeoutSeconds", seconds, "must be greater than 0 and less than 86400");
        }

        ServiceAddresses.Validate(spec, errors);
        var external = spec.List("externalIPs") ?? [];
        for (var i = 0; i < external.Count; i++)
        {
            var address = Json.TextOf(external[i]) ?? "";
            errors.Check($"spec.externalIPs[{i}]", address, Addresses.LegacyAddress(address).Count > 0 ? Addresses.LegacyAddress : Addresses.NonSpecial);
        }

        errors.NeedOneOf("spec.type", type, "ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
        Duplicates(spec, type, errors);
        Ranges(item, spec, type, errors);
        if (spec["allocateLoadBalancerNodePorts"] is not null && type != "LoadBalancer")
        {
            errors.Forbidden("spec.allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'");
        }

        BalancerClass(spec, type, errors);
        Traffic(spec, type, errors);
    }

    /// <summary>The class of a load balancer stays.</summary>
    public static void BalancerClass(JsonObject spec, string type, Findings errors)
    {
        if (spec.Text("loadBalancerClass") is not { } name)
        {
            return;
        }

        if (type == "LoadBalancer")
        {
            errors.Check("spec.loadBalancerClass", name, Names.QualifiedName);
        }
        else
        {
            errors.Forbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'");
        }
    }

    private static void ExternalName(JsonObject spec, Findings errors)
    {
        foreach (var field in (string[])["clusterIPs", "ipFamilies"])
        {
            if (spec.List(field) is { Count: > 0 })
            {
                errors.Forbidden($"spec.{field}", "may not be set for ExternalName services");
            }
        }

        if (spec["ipFamilyPolicy"] is not null)
        {
            errors.Forbidden("spec.ipFamilyPolicy", "may not be set for ExternalName services");
        }

        var name = spec.Text("externalName") ?? "";
        errors.Need("spec.externalName", name.EndsWith('.') ? name[..^1] : name, Names.Subdomain);
    }

    private static void Ports(JsonObject spec, Findings errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var ports = spec.Each("ports").ToArray();
        for (var i = 0; i < ports.Length; i++)
        {
            var (port, field) = (ports[i], $"spec.ports[{i}]");
            var name = port.Text("name") ?? "";
            if (name.Length > 0 || ports.Length > 1)
            {
                errors.Need($"{field}.name", name, Names.Label);
            }

            if (name.Length > 0 && !names.Add(name))
            {
                errors.Duplicate($"{field}.name", name);
            }

            errors.Port($"{field}.port", port.Whole("port"));
            errors.NeedOneOf($"{field}.protocol", port.Text("protocol"), "SCTP", "TCP", "UDP");
            errors.PortOrName($"{field}.targetPort", port["targetPort"]);
            if (port.Text("appProtocol") is { } protocol)
            {
                errors.Check($"{field}.appProtocol", protocol, Names.QualifiedName);
            }
        }
    }

    private static void Duplicates(JsonObject spec, string type, Findings errors)
    {
        var ports = spec.Each("ports").ToArray();
        for (var i = 0; type == "ClusterIP" && i < ports.Length; i++)
        {
            if (ports[i].Whole("nodePort") is not (null or 0))
            {
                errors.Forbidden($"spec.ports[{i}].nodePort", "may not be used when `type` is 'ClusterIP'");
            }
        }

        var taken = new HashSet<(string?, long)>();
        for (var i = 0; i < ports.Length; i++)
        {
            if (ports[i].Whole("nodePort") is { } number and not 0 && !taken.Add((ports[i].Text("protocol"), number)))
            {
                errors.Duplicate($"spec.ports[{i}].nodePort", number);
            }
        }

        taken.Clear();
        for (var i = 0; i < ports.Length; i++)
        {
            var (protocol, number) = (ports[i].Text("protocol") ?? "", ports[i].Whole("port") ?? 0);
            if (!taken.Add((protocol, number)))
            {
                // The server shows its internal struct with these two alone.
                errors.Duplicate($"spec.ports[{i}]", new JsonObject
                {
                    ["Name"] = "", ["Protocol"] = protocol, ["AppProtocol"] = null, ["Port"] = number, ["TargetPort"] = 0, ["NodePort"] = 0,
                });
            }
        }
    }

    private static void Ranges(JsonObject item, JsonObject spec, string type, Findings errors)
    {
        const string words = "may only be used when `type` is 'LoadBalancer'";
        var ranges = spec.List("loadBalancerSourceRanges") ?? [];
        if (ranges.Count > 0)
        {
            if (type != "LoadBalancer")
            {
                errors.Forbidden("spec.LoadBalancerSourceRanges", words);
            }

            for (var i = 0; i < ranges.Count; i++)
            {
                errors.Check($"spec.LoadBalancerSourceRanges[{i}]", (Json.TextOf(ranges[i]) ?? "").Trim(), Addresses.LegacyRange);
            }
        }
        else if (item.Map("metadata").Map("annotations").Text(SourceRanges) is { } text)
        {
            var field = $"metadata.annotations[{SourceRanges}]";
            if (type != "LoadBalancer")
            {
                errors.Forbidden(field, words);
            }

            foreach (var range in text.Trim().Length == 0 ? [] : text.Split(','))
            {
                errors.Check(field, range.Trim(), Addresses.LegacyRange);
            }
        }
    }

    private static void Traffic(JsonObject spec, string type, Findings errors)
    {
        var policy = spec.Text("externalTrafficPolicy") ?? "";
        var reachable = type is "LoadBalancer" or "NodePort" || (type == "ClusterIP" && spec.List("externalIPs") is { Count: > 0 });
        if (reachable)
        {
            errors.NeedOneOf("spec.externalTrafficPolicy", policy, "Cluster", "Local");
        }
        else if (policy.Length > 0)
        {
            errors.Invalid("spec.externalTrafficPolicy", policy, "may only be set for externally-accessible services");
        }

        if (!(type == "LoadBalancer" && policy == "Local") && spec.Whole("healthCheckNodePort") is { } port and not 0)
        {
            errors.Invalid("spec.healthCheckNodePort", port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
        }

        if (spec.Text("internalTrafficPolicy") is { } within)
        {
            errors.OneOf("spec.internalTrafficPolicy", within, "Cluster", "Local");
        }

        if (spec.Text("trafficDistribution") is { } distribution)
        {
            errors.OneOf("spec.trafficDistribution", distribution, "PreferClose", "PreferSameNode", "PreferSameZone");
        }
    }
}
