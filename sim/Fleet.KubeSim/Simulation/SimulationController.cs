using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Simulation;

/// <summary>A level-triggered loop over one kind: a change is only a hint, and the whole state decides.</summary>
internal abstract class SimulationController(ControllerContext context)
{
    protected ControllerContext Context => context;

    /// <summary>The objects that a change gives this controller reason to look at. Runs inside the store's lock: no calls.</summary>
    public abstract IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change);

    /// <summary>Looks at one object, whether it is there or not; returns when to look again by the clock, or null.</summary>
    public abstract TimeSpan? Reconcile(string ns, string name);

    /// <summary>The object itself, when it is of the controller's kind.</summary>
    protected static IEnumerable<(string Namespace, string Name)> Itself(StoreEvent change, ResourceKey kind)
    {
        if (change.Object.Resource == kind)
        {
            yield return (change.Object.Namespace, change.Object.Name);
        }
    }

    /// <summary>The controlling owners of a kind, before and after the change.</summary>
    protected static IEnumerable<(string Namespace, string Name)> Owners(StoreEvent change, ResourceKey of, string kind)
    {
        if (change.Object.Resource != of)
        {
            yield break;
        }

        foreach (var owner in change.Object.Owners.Where(o => o.Kind == kind))
        {
            yield return (change.Object.Namespace, owner.Name);
        }

        if (change.Previous is { } before && !ReferenceEquals(before.Owners, change.Object.Owners))
        {
            foreach (var owner in before.Owners.Where(o => o.Kind == kind))
            {
                yield return (change.Object.Namespace, owner.Name);
            }
        }
    }
}
