using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Endpoints, after apis/core/validation/validation.go.</summary>
internal sealed class EndpointsRules : KindRules
{
    public override void Default(JsonObject item)
    {
        foreach (var port in item.Each("subsets").SelectMany(s => s.Each("ports")))
        {
            port.FillText("protocol", "TCP");
        }
    }

    public override IEnumerable<string> Warnings(JsonObject item, JsonObject? old) => ["v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"];

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var i = 0;
        foreach (var subset in item.Each("subsets"))
        {
            var field = $"subsets[{i++}]";
            if (subset.List("addresses") is not { Count: > 0 } && subset.List("notReadyAddresses") is not { Count: > 0 })
            {
                errors.Required(field, "must specify `addresses` or `notReadyAddresses`");
            }

            foreach (var list in (string[])["addresses", "notReadyAddresses"])
            {
                var j = 0;
                foreach (var address in subset.Each(list))
                {
                    Address(address, $"{field}.{list}[{j++}]", errors);
                }
            }

            var ports = subset.Each("ports").ToArray();
            for (var j = 0; j < ports.Length; j++)
            {
                Port(ports[j], ports.Length > 1, $"{field}.ports[{j}]", errors);
            }
        }
    }

    private static void Address(JsonObject address, string field, Findings errors)
    {
        var ip = address.Text("ip") ?? "";
        errors.Check($"{field}.ip", ip, Addresses.LegacyAddress);
        if (address.Text("hostname") is { Length: > 0 } host)
        {
            errors.Check($"{field}.hostname", host, Names.Label);
        }

        if (address.Text("nodeName") is { } node)
        {
            errors.Check($"{field}.nodeName", node, Names.Subdomain);
        }

        errors.Check($"{field}.ip", ip, Addresses.NonSpecial);
    }

    private static void Port(JsonObject port, bool named, string field, Findings errors)
    {
        if (named || port.Text("name") is { Length: > 0 })
        {
            errors.Need($"{field}.name", port.Text("name"), Names.Label);
        }

        errors.Port($"{field}.port", port.Whole("port"));
        errors.NeedOneOf($"{field}.protocol", port.Text("protocol"), "SCTP", "TCP", "UDP");
        if (port.Text("appProtocol") is { } protocol)
        {
            errors.Check($"{field}.appProtocol", protocol, Names.QualifiedName);
        }
    }
}

/// <summary>EndpointSlices, after apis/discovery/validation/validation.go.</summary>
internal sealed class EndpointSliceRules : KindRules
{
    private const int MaxAddresses = 100;

    public override bool HasGeneration => true;

    public override void Default(JsonObject item)
    {
        foreach (var port in item.Each("ports"))
        {
            port.Fill("name", "");
            port.Fill("protocol", "TCP");
        }
    }

    public override bool RaisesGeneration(JsonObject item, JsonObject old) =>
        !Json.Equal(item["endpoints"], old["endpoints"]) || !Json.Equal(item["ports"], old["ports"])
        || !Json.Equal(item.Map("metadata")?["labels"], old.Map("metadata")?["labels"])
        || !Json.Equal(item.Map("metadata")?["annotations"], old.Map("metadata")?["annotations"]);

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var type = item.Text("addressType") ?? "";
        errors.NeedOneOf("addressType", type, "FQDN", "IPv4", "IPv6");
        var i = 0;
        foreach (var endpoint in item.Each("endpoints"))
        {
            Endpoint(endpoint, type, $"endpoints[{i++}]", errors);
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        i = 0;
        foreach (var port in item.Each("ports"))
        {
            var field = $"ports[{i++}]";
            var name = port.Text("name") ?? "";
            if (name.Length > 0)
            {
                errors.Check($"{field}.name", name, Names.Label);
            }

            if (!names.Add(name))
            {
                errors.Duplicate($"{field}.name", name);
            }

            errors.NeedOneOf($"{field}.protocol", port.Text("protocol"), "SCTP", "TCP", "UDP");
            if (port.Text("appProtocol") is { } protocol)
            {
                errors.Check($"{field}.appProtocol", protocol, Names.QualifiedName);
            }
        }

        if (old is not null)
        {
            errors.Unchanged("addressType", item["addressType"], old["addressType"]);
        }
    }

    private static void Endpoint(JsonObject endpoint, string type, string field, Findings errors)
    {
        var addresses = endpoint.List("addresses") ?? [];
        if (addresses.Count == 0)
        {
            errors.Required($"{field}.addresses", "must contain at least 1 address");
        }
        else if (addresses.Count > MaxAddresses)
        {
            errors.Add(FieldError.TooMany($"{field}.addresses", addresses.Count, MaxAddresses));
        }

        for (var i = 0; i < addresses.Count; i++)
        {
            var (at, address) = ($"{field}.addresses[{i}]", Json.TextOf(addresses[i]) ?? "");
            if (type == "FQDN")
            {
                errors.Check(at, address, Names.Subdomain);
                continue;
            }

            errors.Check(at, address, Addresses.LegacyAddress);
            if (Addresses.Parse(address) is { } parsed && (parsed.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork) != (type == "IPv4"))
            {
                errors.Invalid(at, address, type == "IPv4" ? "must be an IPv4 address" : "must be an IPv6 address");
            }

            errors.Check(at, address, Addresses.NonSpecial);
        }

        if (endpoint.Text("nodeName") is { } node)
        {
            errors.Check($"{field}.nodeName", node, Names.Subdomain);
        }

        if (endpoint.Text("hostname") is { } host)
        {
            errors.Check($"{field}.hostname", host, Names.Label);
        }

        if (endpoint.Map("deprecatedTopology") is { } topology)
        {
            Metadata.Labels(topology, $"{field}.deprecatedTopology", errors);
        }
    }
}
