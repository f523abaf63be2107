using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Simulation;

/// <summary>Takes the tracking finalizer off pods whose Job has gone, or let go of them: nobody else would.</summary>
internal sealed class JobOrphanController(ControllerContext context) : SimulationController(context)
{
    private readonly JobTracking _tracking = new(context);

    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change)
    {
        if (change.Object.Resource == KnownKinds.Jobs && change.Deleted)
        {
            // The empty name stands for all pods of the namespace.
            yield return (change.Object.Namespace, "");
        }
        else if (change.Object.Resource == KnownKinds.Pods && !change.Deleted && !change.Object.Owners.Any(o => o.Kind == "Job" && !change.Object.Terminating)
            && change.Object.Labels.ContainsKey("batch.kubernetes.io/job-name"))
        {
            yield return (change.Object.Namespace, change.Object.Name);
        }
    }

    public override TimeSpan? Reconcile(string ns, string name)
    {
        foreach (var pod in name.Length > 0 ? Context.Find(KnownKinds.Pods, ns, name) is { } one ? [one] : [] : Context.List(KnownKinds.Pods, ns))
        {
            var owner = pod.Owners.FirstOrDefault(o => o.Kind == "Job");
            if (owner is not null && Context.Find(KnownKinds.Jobs, ns, owner.Name)?.Uid == owner.Uid)
            {
                continue;
            }

            if (pod.ToJson() is var content && JobTracking.Holds(content))
            {
                _tracking.Release(content);
            }
        }

        return null;
    }
}
