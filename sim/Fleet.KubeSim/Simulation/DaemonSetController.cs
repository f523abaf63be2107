using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Simulation;

/// <summary>One pod on each node of the simulated cluster.</summary>
internal sealed class DaemonSetController(ControllerContext context) : SimulationController(context)
{
    private const string HashLabel = "controller-revision-hash";
    private const string GenerationLabel = "pod-template-generation";
    private const string GenerationAnnotation = "deprecated.daemonset.template.generation";
    private readonly ControllerRevisions _revisions = new(context, HashLabel);

    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change) =>
        Itself(change, KnownKinds.DaemonSets).Concat(Owners(change, KnownKinds.Pods, "DaemonSet"));

    public override TimeSpan? Reconcile(string ns, string name)
    {
        if (Context.Get(KnownKinds.DaemonSets, ns, name) is not { } set || set.Map("metadata")!.ContainsKey("deletionTimestamp"))
        {
            return null;
        }

        var spec = set.Map("spec")!;
        var template = spec.Map("template") ?? [];
        var hash = _revisions.Record(ns, set);
        var generation = set.Map("metadata").Map("annotations").Text(GenerationAnnotation) ?? "1";
        var uid = set.Map("metadata").Text("uid")!;
        var nodes = Context.List(KnownKinds.Nodes).Count;
        var pods = Context.Owned(KnownKinds.Pods, ns, uid).Select(p => p.ToJson()).ToList();
        var active = pods.Where(PodTemplates.IsActive).ToList();
        for (var i = pods.Count; i < nodes; i++)
        {
            if (Context.Create(KnownKinds.Pods, ns, PodTemplates.Pod(set, template, null, $"{name}-", (HashLabel, hash), (GenerationLabel, generation))) is { } pod)
            {
                active.Add(pod.Object);
            }
        }

        if (spec.Map("updateStrategy").Text("type") != "OnDelete" && pods.Count == active.Count)
        {
            foreach (var stale in active.Where(p => p.Map("metadata").Map("labels").Text(HashLabel) != hash).ToArray())
            {
                Context.Delete(KnownKinds.Pods, ns, stale.Map("metadata").Text("name")!);
                active.Remove(stale);
            }
        }

        var ready = active.Count(PodTemplates.IsReady);
        Context.ChangeStatus(KnownKinds.DaemonSets, ns, name, live =>
        {
            var status = live.MapOrNew("status");
            status["currentNumberScheduled"] = active.Count;
            status["numberMisscheduled"] = 0;
            status["desiredNumberScheduled"] = nodes;
            status["numberReady"] = ready;
            status["observedGeneration"] = live.Map("metadata").Whole("generation") ?? 0;
            status.Count("updatedNumberScheduled", active.Count(p => p.Map("metadata").Map("labels").Text(HashLabel) == hash));
            status.Count("numberAvailable", ready);
            status.Count("numberUnavailable", nodes - ready);
        });
        _revisions.Truncate(ns, set, active.Select(p => $"{name}-{p.Map("metadata").Map("labels").Text(HashLabel)}").Append($"{name}-{hash}"));
        return null;
    }
}
