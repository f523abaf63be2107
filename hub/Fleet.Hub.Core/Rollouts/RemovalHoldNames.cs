using System.Security.Cryptography;
using System.Text;

namespace Fleet.Hub.Core.Rollouts;

/// <summary>How held removals are named: the same removal of the same targets has the same name, and another one has another.</summary>
public static class RemovalHoldNames
{
    private const int MaxAssignment = 36;

    /// <summary>A name such as web-mass-removal-0123456789ab.</summary>
    /// <param name="assignment">Name of the Assignment.</param>
    /// <param name="kind">Which guard holds it.</param>
    /// <param name="targets">Cluster id and the generation of its target: a cluster that came back and leaves again is asked for anew.</param>
    public static string Of(string assignment, HoldKind kind, IEnumerable<(string Cluster, long Generation)> targets)
    {
        ArgumentNullException.ThrowIfNull(assignment);
        ArgumentNullException.ThrowIfNull(targets);
        var list = string.Join('\n', targets.Select(target => $"{target.Cluster} {target.Generation}").Order(StringComparer.Ordinal));
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(list)).AsSpan(0, 6));
        var word = kind switch
        {
            HoldKind.MassRemoval => "mass-removal",
            HoldKind.ClusterRemovals => "removal",
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };
        var shown = assignment.Length > MaxAssignment ? assignment[..MaxAssignment].TrimEnd('-', '.') : assignment;
        return $"{shown}-{word}-{digest}";
    }
}
