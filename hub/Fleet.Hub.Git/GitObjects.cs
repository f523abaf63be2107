namespace Fleet.Hub.Git;

/// <summary>The kinds of Git objects that content is made of.</summary>
public enum GitObjectKind
{
    Commit,
    Tree,
    Blob,
}

/// <summary>One object's bytes, without Git's header.</summary>
public sealed record GitObject(string Oid, GitObjectKind Kind, byte[] Bytes);

/// <summary>What a commit says of itself.</summary>
/// <param name="Id">Hex.</param>
/// <param name="TreeId">Hex id of its root tree.</param>
/// <param name="Author">Name and address.</param>
/// <param name="Subject">First line, at most 200 characters.</param>
/// <param name="Message">All of it, at most 8 KiB.</param>
/// <param name="Time">When it was committed, by the committer's clock.</param>
public sealed record CommitSummary(string Id, string TreeId, string Author, string Subject, string Message, DateTimeOffset Time);

/// <summary>One object of a closure; the path is that of its first appearance.</summary>
public sealed record ClosureEntry(string Oid, GitObjectKind Kind, long Size, string Path);

/// <summary>Every object that an Assignment needs at a commit: the commit, the trees on the way down, and all under the roots.</summary>
public sealed record Closure(string Commit, IReadOnlyList<string> Roots, string Digest, IReadOnlyList<ClosureEntry> Entries)
{
    public long Bytes => Entries.Sum(e => e.Size);
}

/// <summary>The refs of a remote: full names to commits (tags peeled), and what HEAD points at.</summary>
public sealed record RemoteRefs(string? Head, IReadOnlyDictionary<string, string> Refs)
{
    /// <summary>The commit of a ref as users write it: main, v1.2.0, refs/heads/main, a full commit id, or empty for HEAD's branch. A branch goes before a tag of the same name.</summary>
    public string? Resolve(string name)
    {
        if (name.Length == 0)
        {
            return Refs.GetValueOrDefault(Head ?? "HEAD") ?? Refs.GetValueOrDefault("HEAD");
        }

        if (Oids.IsOid(name))
        {
            return name.ToLowerInvariant();
        }

        return name.StartsWith("refs/", StringComparison.Ordinal)
            ? Refs.GetValueOrDefault(name)
            : Refs.GetValueOrDefault("refs/heads/" + name) ?? Refs.GetValueOrDefault("refs/tags/" + name);
    }
}

/// <summary>Object ids in hex: SHA-1 or SHA-256.</summary>
public static class Oids
{
    public static bool IsOid(string text) => text.Length is 40 or 64 && text.All(char.IsAsciiHexDigit);
}
