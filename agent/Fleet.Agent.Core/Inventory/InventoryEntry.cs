using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Inventory;

/// <summary>One object that an Assignment has applied, or is about to apply, and therefore owns.</summary>
public sealed record InventoryEntry
{
    public required ObjectKey Key { get; init; }
    /// <summary>The version that it was rendered with: it is watched and read at this one.</summary>
    public required string ApiVersion { get; init; }
    /// <summary>Empty before the first apply was answered: the entry is then a stated intent.</summary>
    public string Uid { get; init; } = "";
    /// <summary>Hash of what was applied; empty for an intent.</summary>
    public string RenderedHash { get; init; } = "";
    /// <summary>What the server says that we own, from the apply's own answer.</summary>
    public OwnedFields Fields { get; init; } = OwnedFields.None;
    /// <summary>Hash of the values under <see cref="Fields"/> in the apply's own answer.</summary>
    public string ValuesHash { get; init; } = "";
    /// <summary>A Job that was seen Complete or Failed for this hash: its absence is no drift, and it is not run again.</summary>
    public bool JobDone { get; init; }
    /// <summary>It existed before us, so it is released rather than deleted.</summary>
    public bool Adopted { get; init; }
    /// <summary>Annotated <c>fleet/prune: never</c> when it was last applied.</summary>
    public bool PruneNever { get; init; }
    /// <summary>A replacement (delete and create) of this uid was decided on and may be half done.</summary>
    public string Replacing { get; init; } = "";

    public bool IsIntent => RenderedHash.Length == 0;
}
