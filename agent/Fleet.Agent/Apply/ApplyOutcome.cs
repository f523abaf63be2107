using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Apply;

/// <summary>What came of writing one object: what we own now and the server's answer, or why it failed.</summary>
internal sealed record ApplyOutcome(InventoryEntry? Entry, KubeObject? Answer, ErrorVerdict? Error)
{
    public bool IsOk => Error is null;
    /// <summary>What must stand in the stored Inventory before this object is written; then it is tried again.</summary>
    public InventoryEntry? Record { get; init; }
    /// <summary>It is not there, although it was thought to be.</summary>
    public bool IsGone { get; init; }

    public static ApplyOutcome AfterRecord(InventoryEntry entry) => new(null, null, null) { Record = entry };

    public static ApplyOutcome Failed(ErrorVerdict error) => new(null, null, error);
}
