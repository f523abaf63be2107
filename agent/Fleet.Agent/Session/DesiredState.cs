using System.Collections.Immutable;
using Fleet.V1;

namespace Fleet.Agent.Session;

/// <summary>What the agent last accepted of its hub: an immutable value, replaced whole.</summary>
internal sealed record DesiredState
{
    public static readonly DesiredState Empty = new();

    /// <summary>Empty: nothing was ever accepted.</summary>
    public byte[] Lineage { get; init; } = [];
    public ulong Generation { get; init; }
    public byte[] Chain { get; init; } = [];
    public ImmutableDictionary<string, HeldTarget> Targets { get; init; } = ImmutableDictionary<string, HeldTarget>.Empty;
    public ImmutableDictionary<string, Tombstone> Tombstones { get; init; } = ImmutableDictionary<string, Tombstone>.Empty;
    /// <summary>Serialised TargetSpecs by digest; only those that a target names.</summary>
    public ImmutableDictionary<string, byte[]> Specs { get; init; } = ImmutableDictionary<string, byte[]>.Empty;

    public IEnumerable<string> MissingSpecs => Targets.Values.Select(t => t.Target.SpecDigest).Distinct().Where(d => !Specs.ContainsKey(d));

    /// <summary>The spec of a target; null for one that is not held (it is never accepted without).</summary>
    public TargetSpec? SpecOf(Target target) => Specs.TryGetValue(target.SpecDigest, out var bytes) ? TargetSpec.Parser.ParseFrom(bytes) : null;

    public DesiredState WithoutUnusedSpecs()
    {
        var used = Targets.Values.Select(t => t.Target.SpecDigest).ToHashSet(StringComparer.Ordinal);
        return this with { Specs = Specs.RemoveRange(Specs.Keys.Where(d => !used.Contains(d))) };
    }
}

/// <summary>A target that the agent holds.</summary>
/// <param name="Target">As the hub gave it.</param>
/// <param name="IsOrphaned">The hub's index no longer names it, and no tombstone says that it shall go: it is kept.</param>
internal sealed record HeldTarget(Target Target, bool IsOrphaned);
