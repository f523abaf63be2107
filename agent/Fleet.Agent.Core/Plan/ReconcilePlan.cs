using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Plan;

/// <summary>Why an object is applied.</summary>
public enum ApplyReason
{
    New,
    Changed,
    Drifted,
    /// <summary>It was ours and is gone.</summary>
    Missing,
    /// <summary>Another object stands under its name.</summary>
    Replaced,
    /// <summary>Nothing is known of it yet.</summary>
    Unobserved,
}

/// <summary>One object to be applied.</summary>
public sealed record ApplyItem(DesiredObject Desired, ApplyReason Reason, InventoryEntry? Entry)
{
    public ObjectKey Key => Desired.Key;
}

/// <summary>One object to be checked by a dry-run: it looks drifted, or its regular check is due.</summary>
public sealed record VerifyItem(DesiredObject Desired, InventoryEntry Entry, bool IsSuspected)
{
    public ObjectKey Key => Desired.Key;
}

/// <summary>Objects that are applied together, after what the gate asks for.</summary>
public sealed record PlanStage(Stage Stage, StageGate Gate, IReadOnlyList<ApplyItem> Items);

/// <summary>Why an object costs no call.</summary>
public enum SkipReason
{
    Unchanged,
    JobDone,
    /// <summary>It drifted, and the Assignment says to report only.</summary>
    DriftReported,
    /// <summary>It drifted, and the Assignment says to ignore it.</summary>
    DriftIgnored,
    Suspended,
    /// <summary>A Namespace that another Assignment has too, and keeps as its own manifest says.</summary>
    Shared,
}

/// <summary>An object that is left as it is.</summary>
public sealed record SkipItem(DesiredObject Desired, SkipReason Reason)
{
    public ObjectKey Key => Desired.Key;
}

/// <summary>How an owned object leaves.</summary>
public enum PruneAction
{
    /// <summary>Deleted, with uid and resourceVersion preconditions.</summary>
    Delete,
    /// <summary>Our label and fields are let go; the object stays.</summary>
    Release,
    /// <summary>Another Assignment of this cluster wants it: only our entry goes.</summary>
    HandOver,
    /// <summary>It is gone already: only our entry goes.</summary>
    Forget,
}

/// <summary>One object that leaves the Inventory.</summary>
public sealed record PruneItem(InventoryEntry Entry, PruneAction Action, string Note)
{
    public ObjectKey Key => Entry.Key;
}

/// <summary>Why an owned object that nobody wants any more stays.</summary>
public enum KeepReason
{
    /// <summary>A Namespace, CRD or PersistentVolumeClaim.</summary>
    ProtectedKind,
    /// <summary><c>fleet/prune: never</c>.</summary>
    Annotated,
    /// <summary>Too many at once.</summary>
    MassPrune,
    /// <summary>Nothing at all was rendered.</summary>
    EmptyRender,
    /// <summary>The Assignment does not prune.</summary>
    PruneDisabled,
    /// <summary>Something of the Plan is not applied yet.</summary>
    NotAllApplied,
    /// <summary>Another Assignment's desired set is not known, and may have it.</summary>
    OthersUnknown,
    /// <summary>Another Assignment wants it, and does not have it yet.</summary>
    HandingOver,
}

/// <summary>An owned object that stays although nobody wants it.</summary>
/// <param name="Entry">The object.</param>
/// <param name="Reason">Why.</param>
/// <param name="Message">What happened, and what to do.</param>
/// <param name="IsHeld">True when an operator's confirmation would let it go.</param>
public sealed record KeptItem(InventoryEntry Entry, KeepReason Reason, string Message, bool IsHeld)
{
    public ObjectKey Key => Entry.Key;
}

/// <summary>An object that must not be touched yet.</summary>
public sealed record WaitItem(DesiredObject Desired, string Reason, string Message, DateTimeOffset? Until)
{
    public ObjectKey Key => Desired.Key;
}

/// <summary>An object that another Assignment has.</summary>
public sealed record OwnerConflict(ObjectKey Key, string Owner, string OtherOwner);

/// <summary>An agent's intent for one Assignment. Prunes are a wish: <see cref="PruneGate"/> says after the applies what becomes of them.</summary>
public sealed record ReconcilePlan
{
    public IReadOnlyList<PlanStage> Stages { get; init; } = [];
    public IReadOnlyList<VerifyItem> Verify { get; init; } = [];
    public IReadOnlyList<SkipItem> Skip { get; init; } = [];
    public IReadOnlyList<WaitItem> Wait { get; init; } = [];
    /// <summary>In the order in which to go: the install order backwards.</summary>
    public IReadOnlyList<PruneItem> Prune { get; init; } = [];
    public IReadOnlyList<KeptItem> Keep { get; init; } = [];
    public IReadOnlyList<OwnerConflict> Conflicts { get; init; } = [];
    public IReadOnlyList<PlanProblem> Problems { get; init; } = [];
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What another Assignment does next may change this Plan.</summary>
    public bool DependsOnOthers => Conflicts.Count > 0 || Skip.Any(s => s.Reason == SkipReason.Shared) || Keep.Any(k => k.Reason is KeepReason.OthersUnknown or KeepReason.HandingOver);

    public IEnumerable<ApplyItem> Apply => Stages.SelectMany(s => s.Items);
    /// <summary>Something is applied for the first time, or in another form than before.</summary>
    public bool HasNews => Apply.Any(IsNews);

    /// <summary>Only what keeps things as they were.</summary>
    public ReconcilePlan WithoutNews() => this with { Stages = [.. Stages.Select(s => s with { Items = [.. s.Items.Where(i => !IsNews(i))] }).Where(s => s.Items.Count > 0)] };

    private static bool IsNews(ApplyItem item) => item.Reason is ApplyReason.New or ApplyReason.Changed;

    public bool HasWork => Stages.Count > 0 || Verify.Count > 0 || Prune.Count > 0;
    /// <summary>The earliest time at which a waiting object may be tried.</summary>
    public DateTimeOffset? NextTime => Wait.Count == 0 ? null : Wait.Min(w => w.Until);
}

/// <summary>What the Assignment says of drift.</summary>
public enum DriftMode
{
    Correct,
    Report,
    Ignore,
}

/// <summary>The server's word on a suspicion, and for which state of the object it holds.</summary>
public sealed record JudgedDrift(string ResourceVersion, DriftVerdict Verdict);
