using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Plan;

/// <summary>Whose an object is when two Assignments of one cluster want it: the higher priority's, else the first owner's.</summary>
public static class Claims
{
    /// <summary>The Assignment that has it rather than us; null when it is ours. Namespaces are shared and never contested.</summary>
    public static Claim? LosesTo(PlanRequest request, ObjectKey key)
    {
        if (IsShared(key) || !request.Claims.TryGetValue(key, out var other)) return null;
        if (other.Priority != request.Priority) return other.Priority > request.Priority ? other : null;
        var weOwn = WeOwn(request, key);
        if (other.Owns != weOwn) return other.Owns ? other : null;
        // Neither owns it, or (after a crash in a hand-over) both: any rule will do that both sides come to alike.
        return IsFirst(other, request) ? other : null;
    }

    /// <summary>
    /// The Assignment whose manifest counts for a Namespace that we want too; null when ours does. With one field manager for
    /// all of the hub's Assignments two manifests would take each other's labels away, for ever. One that has not made it yet keeps nobody waiting.
    /// </summary>
    public static Claim? SharedWith(PlanRequest request, ObjectKey key)
    {
        if (!IsShared(key) || !request.Claims.TryGetValue(key, out var other) || !other.Owns) return null;
        if (other.Priority != request.Priority) return other.Priority > request.Priority ? other : null;
        return !WeOwn(request, key) || IsFirst(other, request) ? other : null;
    }

    private static bool IsShared(ObjectKey key) => key is { Kind: "Namespace", Group: "" };

    private static bool WeOwn(PlanRequest request, ObjectKey key) => request.Inventory.TryFind(key, out var entry) && !entry.IsIntent;

    private static bool IsFirst(Claim other, PlanRequest request) => string.CompareOrdinal(other.AssignmentUid, request.Owner.AssignmentUid) < 0;
}
