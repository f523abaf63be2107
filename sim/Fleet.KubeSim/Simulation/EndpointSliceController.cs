using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Simulation;

/// <summary>Keeps one EndpointSlice a Service: it copies the Service's labels, which inventories must not take for their own.</summary>
internal sealed class EndpointSliceController(ControllerContext context) : SimulationController(context)
{
    private const string Manager = "endpointslice-controller.k8s.io";

    private readonly Dictionary<(string Namespace, string Name), Look> _seen = [];

    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change)
    {
        if (change.Object.Resource == KnownKinds.Services)
        {
            yield return (change.Object.Namespace, change.Object.Name);
        }
        else if (change.Object.Resource == KnownKinds.Pods && change.Object.Labels.Count > 0)
        {
            // The empty name stands for all Services of the namespace.
            yield return (change.Object.Namespace, "");
        }
    }

    public override TimeSpan? Reconcile(string ns, string name)
    {
        foreach (var service in name.Length > 0 ? [name] : Context.List(KnownKinds.Services, ns).Select(s => s.Name).ToArray())
        {
            Refresh(ns, service);
        }

        return null;
    }

    private void Refresh(string ns, string name)
    {
        if (Context.Find(KnownKinds.Services, ns, name) is not { } stored)
        {
            _seen.Remove((ns, name));
            return;
        }

        // Every change of a pod leads here for every Service of its namespace: what was looked at already is not read again.
        var seen = _seen.GetValueOrDefault((ns, name));
        var known = ReferenceEquals(seen?.Service, stored);
        var selector = known ? seen!.Selector : [.. (stored.ToJson().Map("spec").Map("selector") ?? []).Select(s => KeyValuePair.Create(s.Key, Json.TextOf(s.Value)))];
        if (selector.Length == 0)
        {
            _seen[(ns, name)] = new Look(stored, selector, null, []);
            return;
        }

        var candidates = Context.List(KnownKinds.Pods, ns)
            .Where(p => selector.All(s => p.Labels.TryGetValue(s.Key, out var value) && value == s.Value)).ToArray();
        var existing = Context.Owned(KnownKinds.EndpointSlices, ns, stored.Uid).FirstOrDefault();
        if (known && existing is not null && ReferenceEquals(existing, seen!.Slice) && candidates.SequenceEqual(seen.Pods, ReferenceEqualityComparer.Instance))
        {
            return;
        }

        _seen[(ns, name)] = new Look(stored, selector, Write(ns, name, stored.ToJson(), candidates, existing)?.Stored, candidates);
    }

    private WrittenObject? Write(string ns, string name, JsonObject service, StoredObject[] candidates, StoredObject? existing)
    {
        var pods = candidates.Select(p => p.ToJson()).Where(p => p.Map("status").Text("podIP") is { Length: > 0 }).ToArray();
        var endpoints = new JsonArray([.. pods.Select(p => (JsonNode)Endpoint(p, ns))]);
        var ports = new JsonArray([.. (service.Map("spec").List("ports") ?? []).OfType<JsonObject>().Select(Port)]);
        var labels = (JsonObject?)service.Map("metadata").Map("labels")?.DeepClone() ?? [];
        labels["kubernetes.io/service-name"] = name;
        labels["endpointslice.kubernetes.io/managed-by"] = Manager;
        if (existing is null)
        {
            return Context.Create(KnownKinds.EndpointSlices, ns, new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["generateName"] = $"{name}-",
                    ["labels"] = labels,
                    ["ownerReferences"] = new JsonArray(PodTemplates.Owner(service)),
                },
                ["addressType"] = "IPv4",
                ["endpoints"] = endpoints,
                ["ports"] = ports,
            });
        }

        return Context.Change(KnownKinds.EndpointSlices, ns, existing.Name, live =>
        {
            live.MapOrNew("metadata")["labels"] = labels;
            live["endpoints"] = endpoints;
            live["ports"] = ports;
        });
    }

    private static JsonObject Endpoint(JsonObject pod, string ns) => new()
    {
        ["addresses"] = new JsonArray(pod.Map("status").Text("podIP")),
        ["conditions"] = new JsonObject { ["ready"] = PodTemplates.IsReady(pod), ["serving"] = PodTemplates.IsReady(pod), ["terminating"] = false },
        ["nodeName"] = pod.Map("spec").Text("nodeName"),
        ["targetRef"] = new JsonObject { ["kind"] = "Pod", ["namespace"] = ns, ["name"] = pod.Map("metadata").Text("name"), ["uid"] = pod.Map("metadata").Text("uid") },
    };

    private static JsonNode Port(JsonObject port) => new JsonObject
    {
        ["name"] = port.Text("name") ?? "",
        ["protocol"] = port.Text("protocol") ?? "TCP",
        ["port"] = port.Whole("targetPort") ?? port.Whole("port"),
    };

    /// <summary>What a Service's slice was made from, and the slice as it was written.</summary>
    private sealed record Look(StoredObject Service, KeyValuePair<string, string?>[] Selector, StoredObject? Slice, StoredObject[] Pods);
}
