using System.Collections.Immutable;
using Fleet.V1;

namespace Fleet.Agent.Session;

/// <summary>What a hub's word on the desired state leads to.</summary>
/// <param name="Next">The state to accept, once its specs are here; null when nothing is accepted.</param>
/// <param name="Rejection">Why it is not accepted, for the hub; null when it is, or when the index is asked for.</param>
internal sealed record DesiredDecision(DesiredState? Next, string? Rejection)
{
    /// <summary>It does not fit on what is held: only the whole index tells more.</summary>
    public static readonly DesiredDecision AskForIndex = new(null, null);

    /// <summary>
    /// The whole desired state. An older or other history is a Fork (a restored, emptied or rewound hub): what was accepted
    /// stays, since old upserts would roll the fleet back. Only tombstones remove; what is merely absent is orphaned.
    /// </summary>
    /// <param name="held">What was accepted last.</param>
    /// <param name="lineage">Of this session's hub.</param>
    /// <param name="index">All parts together.</param>
    public static DesiredDecision OfIndex(DesiredState held, ReadOnlySpan<byte> lineage, DesiredIndex index)
    {
        if (lineage.IsEmpty) return new(null, "the hub stated no lineage");
        if (held.Lineage.Length > 0)
        {
            if (!held.Lineage.AsSpan().SequenceEqual(lineage)) return new(null, Fork($"its lineage {Short(lineage)} is not {Short(held.Lineage)}, which was accepted"));
            if (index.Generation < held.Generation) return new(null, Fork($"its generation {index.Generation} is behind {held.Generation}, which was accepted"));
            if (index.Generation == held.Generation && !index.Chain.Span.SequenceEqual(held.Chain)) return new(null, Fork($"its generation {index.Generation} has another history than the one that was accepted"));
        }
        var targets = index.Targets.ToImmutableDictionary(t => t.AssignmentUid, t => new HeldTarget(t, IsOrphaned: false));
        var tombstones = index.Tombstones.Where(t => !targets.ContainsKey(t.AssignmentUid)).ToImmutableDictionary(t => t.AssignmentUid);
        foreach (var (uid, target) in held.Targets)
        {
            if (!targets.ContainsKey(uid) && !tombstones.ContainsKey(uid)) targets = targets.Add(uid, target with { IsOrphaned = true });
        }
        // A removal that is under way goes on although the hub, which has our word of it, no longer lists it.
        foreach (var (uid, tombstone) in held.Tombstones)
        {
            if (!targets.ContainsKey(uid) && !tombstones.ContainsKey(uid)) tombstones = tombstones.Add(uid, tombstone);
        }
        return Accept(held, lineage, index.Generation, index.Chain.ToByteArray(), targets, tombstones);
    }

    /// <summary>A change on top of what is held; its base proves that both ends mean the same history, whatever the lineage says now.</summary>
    public static DesiredDecision OfDelta(DesiredState held, ReadOnlySpan<byte> lineage, DesiredDelta delta)
    {
        if (lineage.IsEmpty) return new(null, "the hub stated no lineage");
        if (held.Generation != delta.BaseGeneration || !delta.BaseChain.Span.SequenceEqual(held.Chain) || delta.Generation < held.Generation) return AskForIndex;
        var targets = held.Targets;
        var tombstones = held.Tombstones;
        foreach (var tombstone in delta.Tombstones)
        {
            targets = targets.Remove(tombstone.AssignmentUid);
            tombstones = tombstones.SetItem(tombstone.AssignmentUid, tombstone);
        }
        foreach (var upsert in delta.Upserts)
        {
            targets = targets.SetItem(upsert.AssignmentUid, new(upsert, IsOrphaned: false));
            tombstones = tombstones.Remove(upsert.AssignmentUid);
        }
        return Accept(held, lineage, delta.Generation, delta.Chain.ToByteArray(), targets, tombstones);
    }

    /// <summary>An operator released a Fork: the hub's history counts from here on; nothing is removed by that alone.</summary>
    public static DesiredState Released(DesiredState held, ReleaseFork release) =>
        held with { Lineage = release.Lineage.ToByteArray(), Generation = release.Generation, Chain = release.Chain.ToByteArray() };

    private static DesiredDecision Accept(DesiredState held, ReadOnlySpan<byte> lineage, ulong generation, byte[] chain,
        ImmutableDictionary<string, HeldTarget> targets, ImmutableDictionary<string, Tombstone> tombstones) =>
        new(held with { Lineage = lineage.ToArray(), Generation = generation, Chain = chain, Targets = targets, Tombstones = tombstones }, null);

    private static string Fork(string how) => $"Fork: {how}. The agent keeps what it has; release the incident at the hub to go on from there";

    private static string Short(ReadOnlySpan<byte> lineage) => Convert.ToHexStringLower(lineage[..Math.Min(lineage.Length, 4)]);
}
