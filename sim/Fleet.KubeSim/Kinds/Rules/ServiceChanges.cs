using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

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
