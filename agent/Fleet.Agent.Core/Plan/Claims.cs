using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Plan;

/// <summary>Whose an object is when two Assignments of one cluster want it: the higher priority's, else the first owner's.</summary>
public static class Claims
{
    /// <summary>The Assignment that has it rather than us; null when it is ours. Namespaces are shared and never contested.</summary>
    public static Claim? LosesTo(PlanRequest request, ObjectKey key)
    {
        if (key is { Kind: "Namespace", Group: "" } || !request.Claims.TryGetValue(key, out var other)) return null;
        if (other.Priority != request.Priority) return other.Priority > request.Priority ? other : null;
        var weOwn = request.Inventory.TryFind(key, out var entry) && !entry.IsIntent;
        if (other.Owns != weOwn) return other.Owns ? other : null;
        // Neither owns it, or (after a crash in a hand-over) both: any rule will do that both sides come to alike.
        return string.CompareOrdinal(other.AssignmentUid, request.Owner.AssignmentUid) < 0 ? other : null;
    }
}
