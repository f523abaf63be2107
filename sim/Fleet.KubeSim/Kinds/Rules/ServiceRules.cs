using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Services: ports and traffic policies by type; addresses are kept. Addresses themselves are the store's to allocate.</summary>
internal sealed class ServiceRules : KindRules
{
    public override Func<string, string?> NameRule => Names.Label;

    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        spec.FillText("sessionAffinity", "None");
        if (spec.Text("sessionAffinity") == "None")
        {
            spec.Remove("sessionAffinityConfig");
        }
        else
        {
            spec.MapOrNew("sessionAffinityConfig").MapOrNew("clientIP").Fill("timeoutSeconds", 10800);
        }

        spec.FillText("type", "ClusterIP");
        var type = spec.Text("type");
        foreach (var port in spec.Each("ports"))
        {
            port.FillText("protocol", "TCP");
            if (Json.TextOf(port["targetPort"]) is "" || port.Whole("targetPort") == 0 || port["targetPort"] is null)
            {
                port["targetPort"] = port["port"]?.DeepClone();
            }
        }

        var external = type is "NodePort" or "LoadBalancer" || (type == "ClusterIP" && spec.List("externalIPs") is { Count: > 0 });
        if (external)
        {
            spec.FillText("externalTrafficPolicy", "Cluster");
        }

        if (type is "NodePort" or "LoadBalancer" or "ClusterIP")
        {
            spec.Fill("internalTrafficPolicy", "Cluster");
        }

        if (type == "LoadBalancer")
        {
            spec.Fill("allocateLoadBalancerNodePorts", true);
            foreach (var ingress in item.Map("status").Map("loadBalancer").Each("ingress"))
            {
                if (!string.IsNullOrEmpty(ingress.Text("ip")))
                {
                    ingress.Fill("ipMode", "VIP");
                }
            }
        }
    }

    public override void PrepareForUpdate(JsonObject item, JsonObject old, bool hasStatus)
    {
        base.PrepareForUpdate(item, old, hasStatus);
        ServiceChanges.Carry(item.MapOrNew("spec"), old.MapOrNew("spec"));
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        var type = spec.Text("type") ?? "";
        var headless = spec.Text("clusterIP") == "None";
        if (spec.List("ports") is not { Count: > 0 } ports)
        {
            if (!headless && type != "ExternalName")
            {
                errors.Required("spec.ports");
            }
        }
        else
        {
            Ports(ports, errors);
        }

        Metadata.Labels(spec.Map("selector"), "spec.selector", errors);
        errors.OneOf("spec.sessionAffinity", spec.Text("sessionAffinity") ?? "", "ClientIP", "None");
        errors.OneOf("spec.type", type, "ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
        if (type == "ExternalName")
        {
            var name = (spec.Text("externalName") ?? "").TrimEnd('.');
            if (name.Length == 0)
            {
                errors.Required("spec.externalName");
            }
            else
            {
                errors.Check("spec.externalName", name, Names.Subdomain);
            }
        }

        if (old?.Map("spec") is { } before && before.Text("type") != "ExternalName" && type != "ExternalName")
        {
            Addresses(spec, before, errors);
        }
    }

    /// <summary>The first address stays with the service.</summary>
    private static void Addresses(JsonObject spec, JsonObject before, Findings errors)
    {
        var (addresses, known) = (spec.List("clusterIPs"), before.List("clusterIPs"));
        if (known is { Count: > 0 } && Json.TextOf(known[0]) is { Length: > 0 } address && Json.TextOf(addresses?.FirstOrDefault()) != address)
        {
            errors.Invalid("spec.clusterIPs[0]", addresses?.DeepClone(), "may not change once set");
        }
    }

    private static void Ports(JsonArray ports, Findings errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var seen = new HashSet<(string, long?)>();
        for (var i = 0; i < ports.Count; i++)
        {
            var (port, field) = (ports[i] as JsonObject ?? [], $"spec.ports[{i}]");
            var name = port.Text("name") ?? "";
            if (name.Length == 0)
            {
                if (ports.Count > 1)
                {
                    errors.Required($"{field}.name");
                }
            }
            else
            {
                errors.Check($"{field}.name", name, Names.Label);
                if (!names.Add(name))
                {
                    errors.Add(FieldError.Duplicate($"{field}.name", name));
                }
            }

            Number($"{field}.port", port["port"], errors);
            var protocol = port.Text("protocol") ?? "";
            errors.OneOf($"{field}.protocol", protocol, "SCTP", "TCP", "UDP");
            if (Json.TextOf(port["targetPort"]) is null)
            {
                Number($"{field}.targetPort", port["targetPort"], errors);
            }

            if (!seen.Add((protocol, port.Whole("port"))))
            {
                errors.Add(FieldError.Duplicate(field, new JsonObject { ["port"] = port["port"]?.DeepClone(), ["protocol"] = protocol }));
            }
        }
    }

    private static void Number(string field, JsonNode? value, Findings errors)
    {
        if (!Json.TryWhole(value, out var number) || number is < 1 or > 65535)
        {
            errors.Invalid(field, number, "must be between 1 and 65535, inclusive");
        }
    }
}

/// <summary>What the server carries over from a service's old spec when an update leaves it out, and what it drops with the type.</summary>
internal static class ServiceChanges
{
    public static void Carry(JsonObject spec, JsonObject old)
    {
        var (type, before) = (spec.Text("type"), old.Text("type"));
        if (type != "ExternalName" && before != "ExternalName")
        {
            if (string.IsNullOrEmpty(spec.Text("clusterIP")) && string.IsNullOrEmpty(Json.TextOf(spec.List("clusterIPs")?.FirstOrDefault())))
            {
                Copy(spec, old, "clusterIP");
                Copy(spec, old, "clusterIPs");
            }
            else
            {
                Align(spec, old);
            }

            if (Json.IsNullOrEmpty(spec["ipFamilies"]))
            {
                Copy(spec, old, "ipFamilies");
            }

            if (spec["ipFamilyPolicy"] is null)
            {
                Copy(spec, old, "ipFamilyPolicy");
            }
        }

        var hadPorts = before is "NodePort" or "LoadBalancer";
        if (hadPorts && type is "NodePort" or "LoadBalancer")
        {
            foreach (var port in spec.Each("ports"))
            {
                if (port.Whole("nodePort") is null or 0
                    && old.Each("ports").FirstOrDefault(p => p.Text("protocol") == port.Text("protocol") && p.Whole("port") == port.Whole("port")) is { } known
                    && known["nodePort"] is { } number)
                {
                    port["nodePort"] = number.DeepClone();
                }
            }
        }

        Drop(spec, old, type, before);
    }

    /// <summary>clusterIP and clusterIPs[0] are one thing: a change of the one alone changes the other.</summary>
    private static void Align(JsonObject spec, JsonObject old)
    {
        var address = spec.Text("clusterIP") ?? "";
        var first = Json.TextOf(spec.List("clusterIPs")?.FirstOrDefault()) ?? "";
        if (address.Length > 0 && address != old.Text("clusterIP") && (first.Length == 0 || first == old.Text("clusterIP")))
        {
            spec["clusterIPs"] = new JsonArray(address);
        }
        else if (address.Length == 0 && first.Length > 0)
        {
            spec["clusterIP"] = first;
        }
        else if (first.Length == 0)
        {
            spec["clusterIPs"] = new JsonArray(address);
        }
    }

    /// <summary>What belonged to the old type goes when the update did not change it itself.</summary>
    private static void Drop(JsonObject spec, JsonObject old, string? type, string? before)
    {
        if (type == before)
        {
            return;
        }

        if (before is "NodePort" or "LoadBalancer" && type is not ("NodePort" or "LoadBalancer"))
        {
            foreach (var port in spec.Each("ports"))
            {
                if (old.Each("ports").Any(p => p.Whole("nodePort") == port.Whole("nodePort")))
                {
                    port.Remove("nodePort");
                }
            }

            if (Json.Equal(spec["externalTrafficPolicy"], old["externalTrafficPolicy"]) && spec.List("externalIPs") is not { Count: > 0 })
            {
                spec.Remove("externalTrafficPolicy");
            }
        }

        if (before == "LoadBalancer")
        {
            foreach (var field in (string[])["allocateLoadBalancerNodePorts", "healthCheckNodePort", "loadBalancerClass"])
            {
                if (Json.Equal(spec[field], old[field]))
                {
                    spec.Remove(field);
                }
            }
        }

        if (type == "ExternalName")
        {
            foreach (var field in (string[])["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"])
            {
                if (Json.Equal(spec[field], old[field]))
                {
                    spec.Remove(field);
                }
            }
        }
    }

    private static void Copy(JsonObject spec, JsonObject old, string field)
    {
        if (old[field] is { } value)
        {
            spec[field] = value.DeepClone();
        }
    }
}
