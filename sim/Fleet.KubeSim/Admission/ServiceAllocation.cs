using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Admission;

/// <summary>Gives Services addresses and node ports, keeps what they have, and takes back what their type no longer needs.</summary>
internal sealed class ServiceAllocation(AddressAllocator addresses)
{
    public void ForCreate(ApiResource resource, JsonObject content)
    {
        if (resource is { Kind: "Service", Group: "" })
        {
            Allocate(content.MapOrNew("spec"));
        }
    }

    public void ForUpdate(ApiResource resource, JsonObject content, JsonObject old)
    {
        if (resource is not { Kind: "Service", Group: "" } || content["spec"] is not JsonObject spec || old["spec"] is not JsonObject before)
        {
            return;
        }

        if (Type(spec) == "ExternalName")
        {
            if (Type(before) != "ExternalName")
            {
                foreach (var key in new[] { "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy" })
                {
                    spec.Remove(key);
                }

                ReleasePorts(spec, before);
            }

            return;
        }

        if (Type(before) != "ExternalName")
        {
            foreach (var key in new[] { "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy" })
            {
                if (!spec.ContainsKey(key) && before[key] is { } value)
                {
                    spec[key] = value.DeepClone();
                }
            }

            // A client that sets only clusterIP means both fields.
            if (Json.Equal(spec["clusterIPs"], before["clusterIPs"]) && !Json.Equal(spec["clusterIP"], before["clusterIP"])
                && spec.Text("clusterIP") is { Length: > 0 } address)
            {
                spec["clusterIPs"] = new JsonArray(address);
            }
        }

        if (UsesPorts(spec))
        {
            KeepPorts(spec, before);
        }
        else if (UsesPorts(before))
        {
            ReleasePorts(spec, before);
        }

        Allocate(spec);
    }

    private void Allocate(JsonObject spec)
    {
        if (Type(spec) == "ExternalName")
        {
            return;
        }

        if (spec.Text("clusterIP") is not { Length: > 0 } address)
        {
            address = spec.List("clusterIPs") is { Count: > 0 } given && Json.TextOf(given[0]) is { Length: > 0 } first ? first : addresses.NextAddress();
            spec["clusterIP"] = address;
        }

        if (spec.List("clusterIPs") is not { Count: > 0 })
        {
            spec["clusterIPs"] = new JsonArray(address);
        }

        if (spec.List("ipFamilies") is not { Count: > 0 })
        {
            spec["ipFamilies"] = new JsonArray(address.Contains(':', StringComparison.Ordinal) ? "IPv6" : "IPv4");
        }

        if (spec.Text("ipFamilyPolicy") is not { Length: > 0 })
        {
            spec["ipFamilyPolicy"] = "SingleStack";
        }

        if (!UsesPorts(spec))
        {
            return;
        }

        if (Type(spec) != "LoadBalancer" || !spec.ContainsKey("allocateLoadBalancerNodePorts") || spec.Flag("allocateLoadBalancerNodePorts"))
        {
            foreach (var port in Ports(spec).Where(p => p.Whole("nodePort") is null or 0))
            {
                port["nodePort"] = addresses.NextPort();
            }
        }

        if (Type(spec) == "LoadBalancer" && spec.Text("externalTrafficPolicy") == "Local" && spec.Whole("healthCheckNodePort") is null or 0)
        {
            spec["healthCheckNodePort"] = addresses.NextPort();
        }
    }

    private static void KeepPorts(JsonObject spec, JsonObject before)
    {
        var known = Ports(before).Where(p => p.Whole("nodePort") is > 0)
            .GroupBy(Key).ToDictionary(g => g.Key, g => g.First().Whole("nodePort")!.Value);
        var taken = Ports(spec).Select(p => p.Whole("nodePort") ?? 0).Where(p => p > 0).ToHashSet();
        foreach (var port in Ports(spec).Where(p => p.Whole("nodePort") is null or 0))
        {
            if (known.TryGetValue(Key(port), out var number) && taken.Add(number))
            {
                port["nodePort"] = number;
            }
        }

        if (Type(spec) == "LoadBalancer" && spec.Text("externalTrafficPolicy") == "Local" && spec.Whole("healthCheckNodePort") is null or 0
            && before.Whole("healthCheckNodePort") is > 0 and var check)
        {
            spec["healthCheckNodePort"] = check;
        }

        static (long, string) Key(JsonObject port) => (port.Whole("port") ?? 0, port.Text("protocol") ?? "TCP");
    }

    /// <summary>Ports that were allocated go; ports that the client set itself to another value stay, for validation to refuse.</summary>
    private static void ReleasePorts(JsonObject spec, JsonObject before)
    {
        var old = Ports(before).Select(p => p.Whole("nodePort") ?? 0).ToHashSet();
        foreach (var port in Ports(spec).Where(p => p.Whole("nodePort") is { } number && old.Contains(number)))
        {
            port.Remove("nodePort");
        }

        spec.Remove("healthCheckNodePort");
    }

    private static string Type(JsonObject spec) => spec.Text("type") ?? "ClusterIP";

    private static bool UsesPorts(JsonObject spec) => Type(spec) is "NodePort" or "LoadBalancer";

    private static IEnumerable<JsonObject> Ports(JsonObject spec) => (spec.List("ports") ?? []).OfType<JsonObject>();
}
