using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Output;

/// <summary>What tables show of Services and what belongs to them.</summary>
internal static class NetworkRows
{
    private const string Group = "networking.k8s.io";

    public static KeyValuePair<ResourceKey, Func<JsonObject, DateTimeOffset, JsonNode?[]>>[] All { get; } =
    [
        new(new ResourceKey("", "services"), (o, now) =>
        [
            Cell.Name(o), Cell.Text(o, "spec", "type"), Cell.TextOr("<none>", o, "spec", "clusterIP"), ExternalAddress(o), Ports(o), Cell.Age(o, now),
            Cell.Labels(Cell.Map(o, "spec", "selector")),
        ]),
        new(new ResourceKey("", "endpoints"), (o, now) => [Cell.Name(o), Endpoints(o), Cell.Age(o, now)]),
        new(new ResourceKey("discovery.k8s.io", "endpointslices"), (o, now) =>
        [
            Cell.Name(o), Cell.Text(o, "addressType"),
            Cell.Some([.. o.List("ports").OfObjects().Select(p => p["port"]?.ToJsonString() ?? p.Text("name") ?? "*")], "<unset>"),
            Cell.Some([.. o.List("endpoints").OfObjects().SelectMany(e => e.List("addresses") ?? []).Select(a => Json.TextOf(a) ?? "")], "<unset>"),
            Cell.Age(o, now),
        ]),
        new(new ResourceKey(Group, "ingresses"), (o, now) =>
        [
            Cell.Name(o), Cell.TextOr("<none>", o, "spec", "ingressClassName"), Hosts(o), string.Join(",", Balanced(o)),
            Cell.List(o, "spec", "tls").Count > 0 ? "80, 443" : "80", Cell.Age(o, now),
        ]),
        new(new ResourceKey(Group, "ingressclasses"), (o, now) => [Cell.Name(o), Cell.Text(o, "spec", "controller"), Parameters(o), Cell.Age(o, now)]),
        new(new ResourceKey(Group, "networkpolicies"), (o, now) => [Cell.Name(o), Cell.Selector(Cell.Map(o, "spec", "podSelector")), Cell.Age(o, now)]),
        new(new ResourceKey(Group, "servicecidrs"), (o, now) => [Cell.Name(o), Cell.Joined(Cell.List(o, "spec", "cidrs")), Cell.Age(o, now)]),
        new(new ResourceKey(Group, "ipaddresses"), (o, _) => [Cell.Name(o), Parent(o)]),
    ];

    /// <summary>The objects of a list that may be absent.</summary>
    private static IEnumerable<JsonObject> OfObjects(this JsonArray? list) => (list ?? []).OfType<JsonObject>();

    private static string ExternalAddress(JsonObject service)
    {
        var given = Cell.List(service, "spec", "externalIPs").Select(i => Json.TextOf(i) ?? "").ToList();
        switch (Cell.Text(service, "spec", "type"))
        {
            case "ExternalName":
                return Cell.Text(service, "spec", "externalName");
            case "LoadBalancer":
                given.InsertRange(0, Balanced(service));
                return given.Count > 0 ? string.Join(",", given) : "<pending>";
            default:
                return given.Count > 0 ? string.Join(",", given) : "<none>";
        }
    }

    private static string Ports(JsonObject service)
    {
        var ports = Cell.List(service, "spec", "ports").OfObjects().Select(p =>
            p.Whole("nodePort") is > 0 and var node ? $"{p.Whole("port")}:{node}/{p.Text("protocol")}" : $"{p.Whole("port")}/{p.Text("protocol")}");
        return string.Join(",", ports) is { Length: > 0 } text ? text : "<none>";
    }

    private static string Endpoints(JsonObject endpoints)
    {
        var all = new List<string>();
        foreach (var subset in endpoints.List("subsets").OfObjects())
        {
            var addresses = subset.List("addresses").OfObjects().Select(a => a.Text("ip") ?? "").ToArray();
            var ports = subset.List("ports").OfObjects().ToArray();
            all.AddRange(ports.Length == 0 ? addresses : ports.SelectMany(p => addresses.Select(a => $"{(a.Contains(':', StringComparison.Ordinal) ? $"[{a}]" : a)}:{p.Whole("port")}")));
        }

        return Cell.Some(all, endpoints.List("subsets") is { Count: > 0 } ? "" : "<none>");
    }

    /// <summary>Rules without a host count among those that are not shown, as in the server.</summary>
    private static string Hosts(JsonObject ingress)
    {
        var rules = Cell.List(ingress, "spec", "rules");
        var hosts = new List<string>();
        var more = false;
        foreach (var rule in rules.OfObjects())
        {
            more |= hosts.Count == 3;
            if (!more && rule.Text("host") is { Length: > 0 } host)
            {
                hosts.Add(host);
            }
        }

        return hosts.Count == 0 ? "*" : more ? string.Create(CultureInfo.InvariantCulture, $"{string.Join(",", hosts)} + {rules.Count - 3} more...") : string.Join(",", hosts);
    }

    private static string Parameters(JsonObject ingressClass)
    {
        if (Cell.Map(ingressClass, "spec", "parameters") is not { } parameters)
        {
            return "<none>";
        }

        var group = parameters.Text("apiGroup") is { Length: > 0 } given ? "." + given : "";
        return $"{parameters.Text("kind")}{group}/{parameters.Text("name")}";
    }

    private static string Parent(JsonObject address)
    {
        if (Cell.Map(address, "spec", "parentRef") is not { } parent)
        {
            return "<none>";
        }

        var resource = new ResourceKey(parent.Text("group") ?? "", parent.Text("resource") ?? "").Qualified.ToLowerInvariant();
        return parent.Text("namespace") is { Length: > 0 } ns ? $"{resource}/{ns}/{parent.Text("name")}" : $"{resource}/{parent.Text("name")}";
    }

    private static IEnumerable<string> Balanced(JsonObject item) =>
        Cell.List(item, "status", "loadBalancer", "ingress").OfObjects().Select(i => i.Text("ip") ?? i.Text("hostname") ?? "").Where(a => a.Length > 0)
            .Distinct().Order(StringComparer.Ordinal);
}
