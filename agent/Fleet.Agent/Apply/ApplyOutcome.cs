using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Apply;

/// <summary>What came of writing one object: what we own now and the server's answer, or why it failed.</summary>
internal sealed record ApplyOutcome(InventoryEntry? Entry, KubeObject? Answer, ErrorVerdict? Error)
{
    public bool IsOk => Error is null;

    public static ApplyOutcome Failed(ErrorVerdict error) => new(null, null, error);
}
