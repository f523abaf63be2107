using Fleet.V1;

namespace Fleet.Hub.Content;

/// <summary>Finds, for the trees that an agent lacks, the earlier forms that it has: the trees at the same paths.</summary>
internal sealed class TreePairs(Func<string, CancellationToken, Task<byte[]?>> read, IReadOnlySet<string> have, IReadOnlySet<string> want)
{
    private const int MaxPairs = 10_000;
    private readonly Dictionary<string, string> _bases = new(StringComparer.Ordinal);

    /// <summary>Walks two commits' trees side by side, only where they differ.</summary>
    public async Task<IReadOnlyDictionary<string, string>> WalkAsync(string haveCommit, string wantCommit, CancellationToken cancellationToken)
    {
        var before = RootOf(await read(haveCommit, cancellationToken).ConfigureAwait(false));
        var after = RootOf(await read(wantCommit, cancellationToken).ConfigureAwait(false));
        var pairs = new Queue<(string Before, string After)>();
        if (before is not null && after is not null)
        {
            pairs.Enqueue((before, after));
        }

        while (pairs.TryDequeue(out var pair) && _bases.Count < MaxPairs)
        {
            if (pair.Before == pair.After || have.Contains(pair.After) || !want.Contains(pair.After) || !have.Contains(pair.Before) || !_bases.TryAdd(pair.After, pair.Before))
            {
                continue;
            }

            var (old, now) = (await EntriesAsync(pair.Before, cancellationToken).ConfigureAwait(false), await EntriesAsync(pair.After, cancellationToken).ConfigureAwait(false));
            foreach (var (name, oid) in now)
            {
                if (old.TryGetValue(name, out var earlier))
                {
                    pairs.Enqueue((earlier, oid));
                }
            }
        }

        return _bases;
    }

    private async Task<Dictionary<string, string>> EntriesAsync(string oid, CancellationToken cancellationToken)
    {
        var bytes = await read(oid, cancellationToken).ConfigureAwait(false);
        return bytes is null ? [] : TreeEdits.Parse(bytes, oid.Length / 2)
            .Where(IsTree)
            .ToDictionary(entry => entry.Name.ToBase64(), entry => Convert.ToHexStringLower(entry.Oid.Span), StringComparer.Ordinal);
    }

    private static bool IsTree(TreeEntry entry) => entry.Mode is "40000" or "040000";

    // A commit object begins with "tree OID\n".
    private static string? RootOf(byte[]? commit)
    {
        if (commit is null || !commit.AsSpan().StartsWith("tree "u8))
        {
            return null;
        }

        var end = commit.AsSpan().IndexOf((byte)'\n');
        return end > 5 ? System.Text.Encoding.ASCII.GetString(commit.AsSpan(5, end - 5)) : null;
    }
}
