using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Fleet.Hub.Storage.Targets;

/// <summary>chain(g) = SHA-256(chain(g-1) ‖ lineage ‖ change): tells a rewound or forked hub from one that merely went on.</summary>
public static class Chain
{
    /// <summary>The chain at generation 0.</summary>
    public static byte[] Zero { get; } = new byte[SHA256.HashSizeInBytes];

    /// <summary>The link after <paramref name="previous"/>; the changes are taken in order of assignment.</summary>
    public static byte[] Next(byte[] previous, byte[] lineage, IEnumerable<TargetChange> changes)
    {
        using var hash = Begin(previous, lineage);
        foreach (var change in changes.OrderBy(change => change.Assignment, StringComparer.Ordinal))
        {
            Add(hash, change.IsRemoval ? "remove" : "set");
            Add(hash, change.Assignment);
            Add(hash, change.AssignmentName);
            Add(hash, change.Revision);
            Add(hash, change.SpecDigest);
            Add(hash, change.ClosureDigest);
            Add(hash, change.TombstoneCause ?? "");
            Add(hash, change.TombstonePolicy ?? "");
            Add(hash, change.AuditId);
            Add(hash, string.Join(',', change.ReleasedHolds));
        }

        return hash.GetHashAndReset();
    }

    /// <summary>The link at which a released hub goes on; it follows from nothing that an agent of the other branch has.</summary>
    public static byte[] Restart(byte[] previous, byte[] lineage, long generation)
    {
        using var hash = Begin(previous, lineage);
        Add(hash, "restart");
        Add(hash, BitConverter.GetBytes(generation));
        Add(hash, RandomNumberGenerator.GetBytes(16));
        return hash.GetHashAndReset();
    }

    private static IncrementalHash Begin(byte[] previous, byte[] lineage)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, previous);
        Add(hash, lineage);
        return hash;
    }

    private static void Add(IncrementalHash hash, string value) => Add(hash, Encoding.UTF8.GetBytes(value));

    // Each value with its length, so that no two lists of values read alike.
    private static void Add(IncrementalHash hash, byte[] value)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, value.Length);
        hash.AppendData(length);
        hash.AppendData(value);
    }
}
