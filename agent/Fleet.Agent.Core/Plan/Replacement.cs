using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Plan;

/// <summary>Which objects may be deleted and made anew, because the change that Git asks for cannot be made in place.</summary>
public static class Replacement
{
    /// <summary>Kinds whose immutable parts are known, and that hold nothing which making them anew would lose.</summary>
    public static bool IsPossible(ObjectKey key) => key is
        { Group: "batch", Kind: "Job" } or { Group: "apps", Kind: "Deployment" or "StatefulSet" }
        or { Group: "rbac.authorization.k8s.io", Kind: "RoleBinding" } or { Group: "", Kind: "ConfigMap" or "Secret" };

    /// <summary>Why this object is not replaced; null when it may be.</summary>
    /// <param name="key">Which.</param>
    /// <param name="error">What the server said to the change.</param>
    /// <param name="isForced">The Assignment says <c>force: true</c>.</param>
    /// <param name="entry">What we know of it.</param>
    /// <param name="isAdoptedDeletable">The Assignment says <c>adopt: always</c>.</param>
    public static ErrorVerdict? Refuse(ObjectKey key, ErrorVerdict error, bool isForced, InventoryEntry? entry, bool isAdoptedDeletable)
    {
        if (!IsPossible(key)) return error with { Message = $"{error.Message}. A {key.Kind} is never replaced by Fleet, since what it holds would be lost: undo the change in Git, use another name, or replace it by hand" };
        if (!isForced) return error with { Message = $"{error.Message}. Set force: true on the Assignment to have it deleted and made anew, undo the change in Git, or use another name" };
        if (entry is null || entry.IsIntent) return error with { Message = $"{error.Message}. It is not ours yet, so it is not replaced: replace it by hand" };
        if (entry.Adopted && !isAdoptedDeletable) return error with { Message = $"{error.Message}. It existed before Fleet, so it is not replaced: replace it by hand, or set adopt: always" };
        if (entry.PruneNever) return error with { Message = $"{error.Message}. It is annotated {Ownership.PruneAnnotation}: never, so it is not replaced" };
        return null;
    }
}
