using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Plan;

/// <summary>What the watch, or a read, knows of one object. An object without one has not been looked at.</summary>
public sealed record ObservedObject
{
    public static readonly ObservedObject Absent = new() { IsPresent = false };

    public bool IsPresent { get; init; } = true;
    public string Uid { get; init; } = "";
    public string ResourceVersion { get; init; } = "";
    /// <summary>Hash of the values under the entry's own fields (<see cref="OwnedValues"/>).</summary>
    public string ValuesHash { get; init; } = "";
    public DateTimeOffset? TerminatingSince { get; init; }
    public IReadOnlyList<string> Finalizers { get; init; } = [];
    public bool PruneNever { get; init; }
    public JudgedDrift? Judged { get; init; }

    public static ObservedObject Of(KubeObject live, OwnedFields fields, JudgedDrift? judged = null) => new()
    {
        Uid = live.Uid,
        ResourceVersion = live.ResourceVersion,
        ValuesHash = OwnedValues.Hash(live, fields),
        TerminatingSince = live.DeletionTimestamp,
        Finalizers = live.IsTerminating ? live.Finalizers : [],
        PruneNever = Ownership.IsPruneNever(live),
        Judged = judged,
    };
}

/// <summary>Another Assignment of this cluster that wants the same object.</summary>
/// <param name="AssignmentUid">Which.</param>
/// <param name="AssignmentName">Its name, for people.</param>
/// <param name="Priority">The higher one wins.</param>
/// <param name="Owns">Its Inventory has the object.</param>
/// <param name="Hash">Of its manifest: of a shared Namespace only one manifest can count.</param>
public sealed record Claim(string AssignmentUid, string AssignmentName, int Priority, bool Owns, string Hash = "")
{
    /// <summary>Of several who want it, the one that counts against us: the higher priority's, an owner's, the first.</summary>
    public bool IsBefore(Claim other) => Priority != other.Priority ? Priority > other.Priority
        : Owns != other.Owns ? Owns
        : string.CompareOrdinal(AssignmentUid, other.AssignmentUid) < 0;
}

/// <summary>A failed try, which stands until its time or until the object changes.</summary>
public sealed record FailedTry(string Hash, DateTimeOffset NotBefore, string Reason, string Message);

/// <summary>What an operator has confirmed.</summary>
public sealed record PruneConsent(bool Mass = false, bool EmptyRender = false, bool ProtectedKinds = false)
{
    public static readonly PruneConsent None = new();
}

/// <summary>Why and how an Assignment leaves this cluster.</summary>
public sealed record RemovalOrder(bool Delete);

/// <summary>Everything that a Plan is made of; the same request gives the same Plan.</summary>
public sealed record PlanRequest
{
    public required DateTimeOffset Now { get; init; }
    public required Ownership Owner { get; init; }
    public string AssignmentName { get; init; } = "";
    public int Priority { get; init; }
    public required DesiredSet Desired { get; init; }
    /// <summary>False when rendering failed: then nothing is known to be unwanted.</summary>
    public bool IsRenderComplete { get; init; } = true;
    public required InventoryState Inventory { get; init; }
    public IReadOnlyDictionary<ObjectKey, ObservedObject> Observed { get; init; } = new Dictionary<ObjectKey, ObservedObject>();
    /// <summary>What the cluster's other Assignments want: all desired sets are looked through before anything is pruned.</summary>
    public IReadOnlyDictionary<ObjectKey, Claim> Claims { get; init; } = new Dictionary<ObjectKey, Claim>();
    /// <summary>Names of other Assignments whose desired set is not known (not rendered yet, or not at their present target): any of them may want what we no longer have.</summary>
    public IReadOnlyList<string> Unread { get; init; } = [];
    public IReadOnlyDictionary<ObjectKey, FailedTry> Failed { get; init; } = new Dictionary<ObjectKey, FailedTry>();
    public IReadOnlyDictionary<ObjectKey, CorrectionHistory> Corrections { get; init; } = new Dictionary<ObjectKey, CorrectionHistory>();
    public DriftMode Drift { get; init; } = DriftMode.Correct;
    public bool IsPruneEnabled { get; init; } = true;
    public bool IsAdoptedDeletable { get; init; }
    public PruneConsent Consent { get; init; } = PruneConsent.None;
    public bool IsSuspended { get; init; }
    /// <summary>The regular slow check: every object is compared by a dry-run.</summary>
    public bool IsFullCheck { get; init; }
    /// <summary>Set when the Assignment leaves this cluster; Desired is then empty.</summary>
    public RemovalOrder? Removal { get; init; }
}
