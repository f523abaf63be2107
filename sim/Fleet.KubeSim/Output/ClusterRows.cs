using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Output;

/// <summary>What tables show of the small kinds: configuration, namespaces, nodes, events, quotas, priorities.</summary>
internal static class ClusterRows
{
    private const string FlowControl = "flowcontrol.apiserver.k8s.io";

    public static KeyValuePair<ResourceKey, Func<JsonObject, DateTimeOffset, JsonNode?[]>>[] All { get; } =
    [
        new(new ResourceKey("", "configmaps"), (o, now) => [Cell.Name(o), (o.Map("data")?.Count ?? 0) + (o.Map("binaryData")?.Count ?? 0), Cell.Age(o, now)]),
        new(new ResourceKey("", "secrets"), (o, now) => [Cell.Name(o), Cell.Text(o, "type"), o.Map("data")?.Count ?? 0, Cell.Age(o, now)]),
        new(new ResourceKey("", "serviceaccounts"), (o, now) => [Cell.Name(o), Cell.List(o, "secrets").Count, Cell.Age(o, now)]),
        new(new ResourceKey("", "namespaces"), (o, now) => [Cell.Name(o), Cell.Text(o, "status", "phase"), Cell.Age(o, now)]),
        new(new ResourceKey("", "nodes"), (o, now) =>
        [
            Cell.Name(o), NodeStatus(o), NodeRoles(o), Cell.Age(o, now), Cell.Text(o, "status", "nodeInfo", "kubeletVersion"), NodeAddress(o, "InternalIP"),
            NodeAddress(o, "ExternalIP"), Cell.TextOr("<unknown>", o, "status", "nodeInfo", "osImage"), Cell.TextOr("<unknown>", o, "status", "nodeInfo", "kernelVersion"),
            Cell.TextOr("<unknown>", o, "status", "nodeInfo", "containerRuntimeVersion"),
        ]),
        new(new ResourceKey("", "events"), EventRow),
        new(new ResourceKey("", "componentstatuses"), (o, _) => [Cell.Name(o), "Unknown", "", ""]),
        new(new ResourceKey("", "resourcequotas"), (o, now) => [Cell.Name(o), Used(o, limits: false), Used(o, limits: true), Cell.Age(o, now)]),
        new(new ResourceKey("coordination.k8s.io", "leases"), (o, now) => [Cell.Name(o), Cell.Text(o, "spec", "holderIdentity"), Cell.Age(o, now)]),
        new(new ResourceKey("node.k8s.io", "runtimeclasses"), (o, now) => [Cell.Name(o), Cell.Text(o, "handler"), Cell.Age(o, now)]),
        new(new ResourceKey("scheduling.k8s.io", "priorityclasses"), (o, now) =>
            [Cell.Name(o), Cell.Number(o, "value"), Cell.Flag(o, "globalDefault"), Cell.Age(o, now), Cell.Text(o, "preemptionPolicy")]),
        new(new ResourceKey("apiregistration.k8s.io", "apiservices"), (o, now) => [Cell.Name(o), Backend(o), Available(o), Cell.Age(o, now)]),
        new(new ResourceKey(FlowControl, "flowschemas"), (o, now) =>
        [
            Cell.Name(o), Cell.Text(o, "spec", "priorityLevelConfiguration", "name"), Cell.Number(o, "spec", "matchingPrecedence"),
            Cell.TextOr("<none>", o, "spec", "distinguisherMethod", "type"), Cell.Age(o, now), Condition(o, "Dangling").Text("status") ?? "?",
        ]),
        new(new ResourceKey(FlowControl, "prioritylevelconfigurations"), (o, now) =>
        [
            Cell.Name(o), Cell.Text(o, "spec", "type"), Level(o, "limited", "nominalConcurrencyShares"), Level(o, "limited", "limitResponse", "queuing", "queues"),
            Level(o, "limited", "limitResponse", "queuing", "handSize"), Level(o, "limited", "limitResponse", "queuing", "queueLengthLimit"), Cell.Age(o, now),
        ]),
    ];

    private static JsonNode?[] EventRow(JsonObject o, DateTimeOffset now)
    {
        var first = Cell.Text(o, "firstTimestamp") is { Length: > 0 } time ? time : Cell.Text(o, "eventTime");
        var last = Cell.TextOr(Cell.TextOr(first, o, "lastTimestamp"), o, "series", "lastObservedTime");
        var count = o.Map("series") is { } series ? series.Whole("count") ?? 0 : Math.Max(Cell.Number(o, "count"), 1);
        var kind = Cell.Text(o, "involvedObject", "kind").ToLowerInvariant();
        var component = Cell.TextOr(Cell.Text(o, "reportingComponent"), o, "source", "component");
        var instance = Cell.TextOr(Cell.Text(o, "reportingInstance"), o, "source", "host");
        return
        [
            Cell.Since(last, now), Cell.Text(o, "type"), Cell.Text(o, "reason"),
            Cell.Text(o, "involvedObject", "name") is { Length: > 0 } name ? $"{kind}/{name}" : kind, Cell.Text(o, "involvedObject", "fieldPath"),
            instance.Length > 0 ? $"{component}, {instance}" : component, Cell.Text(o, "message").Trim(), Cell.Since(first, now), count, Cell.Name(o),
        ];
    }

    private static string NodeStatus(JsonObject node)
    {
        var status = Condition(node, "Ready") is not { } ready ? "Unknown" : ready.Text("status") == "True" ? "Ready" : "NotReady";
        return Cell.Flag(node, "spec", "unschedulable") ? $"{status},SchedulingDisabled" : status;
    }

    private static string NodeRoles(JsonObject node)
    {
        const string prefix = "node-role.kubernetes.io/";
        var roles = (Cell.Map(node, "metadata", "labels") ?? [])
            .Select(l => l.Key.StartsWith(prefix, StringComparison.Ordinal) ? l.Key[prefix.Length..] : l.Key == "kubernetes.io/role" ? Json.TextOf(l.Value) ?? "" : "")
            .Where(r => r.Length > 0).Distinct().Order(StringComparer.Ordinal).ToArray();
        return roles.Length > 0 ? string.Join(",", roles) : "<none>";
    }

    private static string NodeAddress(JsonObject node, string type) =>
        Cell.List(node, "status", "addresses").OfType<JsonObject>().FirstOrDefault(a => a.Text("type") == type).Text("address") ?? "<none>";

    private static string Used(JsonObject quota, bool limits)
    {
        var used = Cell.Map(quota, "status", "used");
        return string.Join(", ", (Cell.Map(quota, "status", "hard") ?? [])
            .Where(h => h.Key.StartsWith("limits", StringComparison.Ordinal) == limits)
            .OrderBy(h => h.Key, StringComparer.Ordinal)
            .Select(h => $"{h.Key}: {used.Text(h.Key) ?? "0"}/{Json.TextOf(h.Value)}"));
    }

    private static string Backend(JsonObject service) =>
        Cell.Map(service, "spec", "service") is { } backend ? $"{backend.Text("namespace")}/{backend.Text("name")}" : "Local";

    private static string Available(JsonObject service)
    {
        var condition = Condition(service, "Available");
        return condition is null ? "Unknown" : condition.Text("status") == "True" ? "True" : $"{condition.Text("status")} ({condition.Text("reason")})";
    }

    private static JsonNode Level(JsonObject level, params ReadOnlySpan<string> path)
    {
        var holder = Cell.Map(level, ["spec", .. path[..^1]]);
        return holder.Whole(path[^1]) is { } number ? number : "<none>";
    }

    private static JsonObject? Condition(JsonObject item, string type) =>
        Cell.List(item, "status", "conditions").OfType<JsonObject>().FirstOrDefault(c => c.Text("type") == type);
}
