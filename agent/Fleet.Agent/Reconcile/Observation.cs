using Fleet.Agent.Core.Health;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Reconcile;

/// <summary>What is kept of an object that was seen: what a Plan needs, and how it is. The object itself is not kept.</summary>
internal sealed record Observation(ObservedObject Object, ObjectHealth Health)
{
    public static readonly Observation Absent = new(ObservedObject.Absent, ObjectHealth.Missing);

    /// <summary>False when our Apply entry is gone from managedFields: it is put back before the next apply, else fields removed in Git would live on.</summary>
    public bool HasOurEntry { get; init; } = true;

    /// <summary>True when a Plan or a Report could come out differently.</summary>
    public bool MeansOtherThan(Observation? old) => old is null
        || Object.IsPresent != old.Object.IsPresent
        || Object.Uid != old.Object.Uid
        || Object.ValuesHash != old.Object.ValuesHash
        || Object.TerminatingSince != old.Object.TerminatingSince
        || Object.PruneNever != old.Object.PruneNever
        || Health != old.Health;
}
