using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>NetworkPolicies, after apis/networking/validation/validation.go: the policy types follow from what is there.</summary>
internal sealed class NetworkPolicyRules : KindRules
{
    public override bool HasGeneration => true;

    public override bool ChecksMetadataOnUpdate => false;

    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        foreach (var port in spec.Each("ingress").Concat(spec.Each("egress")).SelectMany(r => r.Each("ports")))
        {
            port.Fill("protocol", "TCP");
        }

        if (Json.IsNullOrEmpty(spec["policyTypes"]))
        {
            spec["policyTypes"] = spec.List("egress") is { Count: > 0 } ? new JsonArray("Ingress", "Egress") : new JsonArray("Ingress");
        }
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        LabelSelectors.Validate(spec.Map("podSelector"), "spec.podSelector", errors);
        foreach (var (list, peers) in ((string, string)[])[("ingress", "from"), ("egress", "to")])
        {
            var i = 0;
            foreach (var rule in spec.Each(list))
            {
                var at = $"spec.{list}[{i++}]";
                var j = 0;
                foreach (var port in rule.Each("ports"))
                {
                    Port(port, $"{at}.ports[{j++}]", errors);
                }

                j = 0;
                foreach (var peer in rule.Each(peers))
                {
                    Peer(peer, $"{at}.{peers}[{j++}]", errors);
                }
            }
        }

        var types = spec.List("policyTypes") ?? [];
        if (types.Count > 2)
        {
            errors.Invalid("spec.policyTypes", types, "may not specify more than two policyTypes");
            return;
        }

        for (var i = 0; i < types.Count; i++)
        {
            errors.OneOf($"spec.policyTypes[{i}]", Json.TextOf(types[i]) ?? "", "Ingress", "Egress");
        }
    }

    private static void Port(JsonObject port, string field, Findings errors)
    {
        if (port.Text("protocol") is { } protocol)
        {
            errors.OneOf($"{field}.protocol", protocol, "TCP", "UDP", "SCTP");
        }

        var end = port.Whole("endPort");
        if (port["port"] is null || Json.TextOf(port["port"]) is not null)
        {
            if (end is not null)
            {
                errors.Invalid($"{field}.endPort", end, port["port"] is null
                    ? "may not be specified when `port` is not specified"
                    : "may not be specified when `port` is non-numeric");
            }

            if (Json.TextOf(port["port"]) is { } name)
            {
                errors.Check($"{field}.port", name, Names.PortName);
            }

            return;
        }

        var number = port.Whole("port") ?? 0;
        errors.Port($"{field}.port", number);
        if (end is not null)
        {
            if (end < number)
            {
                errors.Invalid($"{field}.endPort", number, "must be greater than or equal to `port`");
            }

            errors.Port($"{field}.endPort", end);
        }
    }

    private static void Peer(JsonObject peer, string field, Findings errors)
    {
        var count = 0;
        foreach (var selector in (string[])["podSelector", "namespaceSelector"])
        {
            if (peer.Map(selector) is { } found)
            {
                count++;
                LabelSelectors.Validate(found, $"{field}.{selector}", errors);
            }
        }

        if (peer.Map("ipBlock") is { } block)
        {
            Block(block, $"{field}.ipBlock", errors);
            if (count > 0)
            {
                errors.Forbidden(field, "may not specify both ipBlock and another peer");
            }
        }
        else if (count == 0)
        {
            errors.Required(field, "must specify a peer");
        }
    }

    private static void Block(JsonObject block, string field, Findings errors)
    {
        errors.Need($"{field}.cidr", block.Text("cidr"), Addresses.LegacyRange);
        if (Addresses.ParseRange(block.Text("cidr") ?? "") is not { } range)
        {
            return;
        }

        var i = 0;
        foreach (var text in (block.List("except") ?? []).Select(e => Json.TextOf(e) ?? ""))
        {
            var at = $"{field}.except[{i++}]";
            errors.Check(at, text, Addresses.LegacyRange);
            if (Addresses.ParseRange(text) is { } except
                && (except.Address.AddressFamily != range.Address.AddressFamily || range.Length >= except.Length
                    || Addresses.Masked(except.Address, range.Length) != Addresses.Masked(range.Address, range.Length)))
            {
                errors.Invalid(at, text, "must be a strict subset of `cidr`");
            }
        }
    }
}
