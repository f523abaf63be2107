using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Plan;

/// <summary>What must run before a webhook is switched on: a webhook without a backend refuses the very Pods that would serve it.</summary>
public static class AdmissionBackends
{
    /// <summary>The Services that a webhook configuration calls, as namespace and name.</summary>
    public static IReadOnlyList<(string Namespace, string Name)> Services(KubeObject configuration) =>
        [.. configuration.Json.List("webhooks").Objects().Select(w => w.Map("clientConfig").Map("service")).OfType<JsonObject>()
            .Select(s => (s.Text("namespace") ?? "", s.Text("name") ?? "")).Where(s => s.Item2.Length > 0).Distinct()];

    /// <summary>The workloads of the same desired state that stand behind those Services; empty when others bring them.</summary>
    public static IReadOnlyList<ObjectKey> Workloads(KubeObject configuration, IEnumerable<DesiredObject> desired)
    {
        var all = desired.ToList();
        var keys = new List<ObjectKey>();
        foreach (var (ns, name) in Services(configuration))
        {
            var service = all.FirstOrDefault(d => d.Key == new ObjectKey("", "Service", ns, name));
            if (service?.Object.Spec.Map("selector") is not { Count: > 0 } selector) continue;
            keys.AddRange(all.Where(d => d.Key.Namespace == ns && IsWorkload(d.Key) && Selects(selector, PodLabels(d.Object))).Select(d => d.Key));
        }
        return [.. keys.Distinct()];
    }

    private static bool IsWorkload(ObjectKey key) => key is { Group: "apps", Kind: "Deployment" or "StatefulSet" or "DaemonSet" or "ReplicaSet" } or { Group: "", Kind: "Pod" or "ReplicationController" };

    private static JsonObject? PodLabels(KubeObject o) => o.Kind == "Pod" ? o.Metadata.Map("labels") : o.Spec.Map("template").Map("metadata").Map("labels");

    private static bool Selects(JsonObject selector, JsonObject? labels) => selector.All(p => labels.Text(p.Key) is { } value && value == p.Value.AsText());
}
