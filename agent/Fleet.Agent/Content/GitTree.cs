using System.Text;

namespace Fleet.Agent.Content;

/// <summary>What an entry of a Git tree is, by its mode.</summary>
internal enum GitMode
{
    File,
    Folder,
    Link,
    Submodule,
    Unknown,
}

/// <summary>One entry of a Git tree.</summary>
internal readonly record struct GitEntry(string ModeText, byte[] RawName, GitId Id)
{
    public string Name => Encoding.UTF8.GetString(RawName);

    public GitMode Mode => ModeText switch
    {
        "40000" or "040000" => GitMode.Folder,
        "120000" => GitMode.Link,
        "160000" => GitMode.Submodule,
        _ when ModeText.StartsWith("100", StringComparison.Ordinal) => GitMode.File,
        _ => GitMode.Unknown,
    };
}

/// <summary>Reads and writes the bytes of Git trees and commits.</summary>
internal static class GitTree
{
    private const int MaxEntries = 100_000;

    /// <summary>Null when the bytes are no tree, or hold a name that no checkout could have.</summary>
    public static List<GitEntry>? Parse(ReadOnlySpan<byte> bytes, int idLength)
    {
        var entries = new List<GitEntry>();
        while (!bytes.IsEmpty)
        {
            var space = bytes.IndexOf((byte)' ');
            if (space is < 5 or > 6) return null;
            var zero = bytes.IndexOf((byte)0);
            if (zero <= space + 1 || bytes.Length < zero + 1 + idLength) return null;
            var name = bytes[(space + 1)..zero];
            if (name.Contains((byte)'/') || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8)) return null;
            if (!GitId.TryOf(bytes.Slice(zero + 1, idLength), out var id) || entries.Count >= MaxEntries) return null;
            entries.Add(new(Encoding.ASCII.GetString(bytes[..space]), name.ToArray(), id));
            bytes = bytes[(zero + 1 + idLength)..];
        }
        return entries;
    }

    public static byte[] Write(IEnumerable<GitEntry> entries)
    {
        using var buffer = new MemoryStream();
        foreach (var entry in entries.OrderBy(SortKey, ByteOrder.Instance))
        {
            buffer.Write(Encoding.ASCII.GetBytes(entry.ModeText));
            buffer.WriteByte((byte)' ');
            buffer.Write(entry.RawName);
            buffer.WriteByte(0);
            buffer.Write(entry.Id.Bytes);
        }
        return buffer.ToArray();
    }

    /// <summary>The tree that a commit names; null when the bytes are no commit.</summary>
    public static GitId? TreeOfCommit(ReadOnlySpan<byte> commit)
    {
        var end = commit.IndexOf((byte)'\n');
        if (end < 5 || !commit.StartsWith("tree "u8)) return null;
        return GitId.TryParse(Encoding.ASCII.GetString(commit[5..end]), out var id) ? id : null;
    }

    /// <summary>Git sorts a folder as if its name ended with a slash.</summary>
    private static byte[] SortKey(GitEntry entry) => entry.Mode == GitMode.Folder ? [.. entry.RawName, (byte)'/'] : entry.RawName;

    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static readonly ByteOrder Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
