using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Services: ports and traffic policies by type; addresses are kept. Addresses themselves are the store's to allocate.</summary>
internal sealed class ServiceRules : KindRules
{
    public override TextRule NameRule => Names.Label;

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
        if (old?.Map("spec") is { } before)
        {
            ServiceAddresses.Update(item.Map("spec") ?? [], before, errors);
        }

        ServiceValidation.Validate(item, errors);
    }
}
