using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Simulation;

/// <summary>Keeps as many pods as a ReplicaSet or ReplicationController wants, and counts them.</summary>
internal sealed class ReplicaController(ControllerContext context, ResourceKey kind, string kindName) : SimulationController(context)
{
    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change) =>
        Itself(change, kind).Concat(Owners(change, KnownKinds.Pods, kindName));

    public override TimeSpan? Reconcile(string ns, string name)
    {
        if (Context.Get(kind, ns, name) is not { } set || set.Map("metadata")!.ContainsKey("deletionTimestamp"))
        {
            return null;
        }

        var (spec, metadata) = (set.Map("spec")!, set.Map("metadata")!);
        var wanted = spec.Whole("replicas") ?? 1;
        var template = spec.Map("template") ?? [];
        var pods = Owned(ns, metadata).ToDictionary(p => p, p => p.ToJson());
        var active = pods.Values.Where(PodTemplates.IsActive).ToList();
        for (var i = active.Count; i < wanted; i++)
        {
            if (Context.Create(KnownKinds.Pods, ns, PodTemplates.Pod(set, template, null, $"{name}-")) is not { } pod)
            {
                break;
            }

            active.Add(pod.Object);
        }

        // Pods that are not ready go first, then the youngest.
        foreach (var extra in active.OrderBy(PodTemplates.IsReady).ThenByDescending(p => p.Map("metadata").Text("creationTimestamp"), StringComparer.Ordinal)
            .Take((int)Math.Max(active.Count - wanted, 0)).ToArray())
        {
            active.Remove(extra);
            Context.Delete(KnownKinds.Pods, ns, extra.Map("metadata").Text("name")!);
        }

        var labels = template.Map("metadata").Map("labels");
        var ready = active.Count(PodTemplates.IsReady);
        var terminating = Owned(ns, metadata).Count(p => !PodTemplates.IsActive(pods.GetValueOrDefault(p) ?? p.ToJson()));
        Context.ChangeStatus(kind, ns, name, live =>
        {
            var status = live.MapOrNew("status");
            status["replicas"] = active.Count;
            status.Count("fullyLabeledReplicas", active.Count(p => Carries(p, labels)));
            status.Count("readyReplicas", ready);
            status.Count("availableReplicas", ready);
            if (kindName == "ReplicaSet")
            {
                status["terminatingReplicas"] = terminating;
            }

            status["observedGeneration"] = live.Map("metadata").Whole("generation") ?? 0;
        });
        return null;
    }

    private IReadOnlyList<StoredObject> Owned(string ns, JsonObject metadata) => Context.Owned(KnownKinds.Pods, ns, metadata.Text("uid")!);

    private static bool Carries(JsonObject pod, JsonObject? labels) =>
        labels is null || labels.All(l => pod.Map("metadata").Map("labels").Text(l.Key) == Json.TextOf(l.Value));
}
