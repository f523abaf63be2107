using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Output;

/// <summary>Cells of Services, Ingresses, nodes and what else is small.</summary>
internal static class NetworkColumns
{
    public static string ExternalAddress(JsonObject service)
    {
        var spec = service.Map("spec");
        var given = (spec.List("externalIPs") ?? []).Select(i => Json.TextOf(i) ?? "").ToList();
        switch (spec.Text("type"))
        {
            case "ExternalName":
                return spec.Text("externalName") ?? "";
            case "LoadBalancer":
                given.InsertRange(0, Balanced(service));
                return given.Count > 0 ? string.Join(",", given) : "<pending>";
            default:
                return given.Count > 0 ? string.Join(",", given) : "<none>";
        }
    }

    public static string Ports(JsonObject service)
    {
        var ports = (service.Map("spec").List("ports") ?? []).OfType<JsonObject>().Select(p =>
            p.Whole("nodePort") is > 0 and var node ? $"{p.Whole("port")}:{node}/{p.Text("protocol")}" : $"{p.Whole("port")}/{p.Text("protocol")}");
        return string.Join(",", ports) is { Length: > 0 } text ? text : "<none>";
    }

    public static string Hosts(JsonObject ingress)
    {
        var hosts = (ingress.Map("spec").List("rules") ?? []).OfType<JsonObject>().Select(r => r.Text("host") ?? "").Where(h => h.Length > 0).ToArray();
        return hosts.Length == 0 ? "*" : hosts.Length <= 3 ? string.Join(",", hosts) : $"{string.Join(",", hosts.Take(3))} + {hosts.Length - 3} more...";
    }

    public static string IngressAddress(JsonObject ingress) => string.Join(",", Balanced(ingress));

    public static string NodeStatus(JsonObject node)
    {
        var ready = (node.Map("status").List("conditions") ?? []).OfType<JsonObject>().FirstOrDefault(c => c.Text("type") == "Ready");
        var status = ready is null ? "Unknown" : ready.Text("status") == "True" ? "Ready" : "NotReady";
        return node.Map("spec").Flag("unschedulable") ? $"{status},SchedulingDisabled" : status;
    }

    public static string NodeRoles(JsonObject node)
    {
        const string prefix = "node-role.kubernetes.io/";
        var roles = (node.Map("metadata").Map("labels") ?? []).Where(l => l.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(l => l.Key[prefix.Length..]).ToArray();
        return roles.Length > 0 ? string.Join(",", roles) : "<none>";
    }

    public static string Role(JsonObject binding) => $"{binding.Map("roleRef").Text("kind")}/{binding.Map("roleRef").Text("name")}";

    public static string Targets(JsonObject autoscaler)
    {
        var metrics = (autoscaler.Map("spec").List("metrics") ?? []).OfType<JsonObject>().Select(m =>
        {
            var resource = m.Map("resource");
            return resource is null ? $"<unknown>/{m.Text("type")}" : $"{resource.Text("name")}: <unknown>/{resource.Map("target").Whole("averageUtilization")}%";
        });
        return string.Join(" + ", metrics) is { Length: > 0 } text ? text : "<none>";
    }

    public static string Value(JsonNode? value, string otherwise = "N/A") => value is null ? otherwise : Json.TextOf(value) ?? value.ToJsonString();

    private static IEnumerable<string> Balanced(JsonObject item) =>
        (item.Map("status").Map("loadBalancer").List("ingress") ?? []).OfType<JsonObject>().Select(i => i.Text("ip") ?? i.Text("hostname") ?? "").Where(a => a.Length > 0);
}
