using System.Text;
using Fleet.V1;

namespace Fleet.Hub.Git;

public sealed partial class GitMirror
{
    private const int LargestPointer = 1024;
    private const string PointerMark = "version https://git-lfs.github.com/spec/";

    /// <summary>
    /// Every object under the roots at the commit, with the trees on the way down, each listed once. Submodules, LFS pointers and symlinks that leave the roots
    /// are refused by name: rendering without them would deploy something else than what stands in Git.
    /// </summary>
    public async Task<GitResult<Closure>> ReadClosureAsync(string commit, IReadOnlyList<string> roots, ClosureLimits limits, CancellationToken cancellationToken)
    {
        var summary = await ReadCommitAsync(commit, cancellationToken);
        if (!summary.IsOk)
        {
            return summary.Failure;
        }

        var cleaned = roots.Select(Clean).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        string[] paths = cleaned.Contains("", StringComparer.Ordinal) ? [] : cleaned;
        var output = await LocalAsync(cancellationToken, ["ls-tree", "-r", "-t", "-l", "-z", "--full-tree", commit, "--", .. paths]);
        if (output.ExitCode != 0 || output.TooMuch)
        {
            return output.TooMuch ? TooMany(limits) : LocalFailure("list the content", output);
        }

        var lines = TreeLine.ParseAll(output.Text).ToArray();
        foreach (var root in paths)
        {
            if (!lines.Any(l => l.Path == root))
            {
                return NoPath(commit, root);
            }
        }

        return await CheckAsync(lines, cleaned, limits, cancellationToken) is { } refused ? refused : await BuildAsync(summary.Value, lines, cleaned, limits, cancellationToken);
    }

    private async Task<GitFailure?> CheckAsync(TreeLine[] lines, string[] roots, ClosureLimits limits, CancellationToken cancellationToken)
    {
        if (lines.Length + 2 > limits.MaxObjects)
        {
            return TooMany(limits);
        }

        foreach (var line in lines)
        {
            if (line.Mode == TreeLine.Gitlink)
            {
                return new GitFailure(GitFailureReason.Submodule, $"'{line.Path}' is a submodule; the hub does not follow those. Commit the files themselves, or make its repository a GitSource of its own.");
            }

            if (line.Path.Length > limits.MaxPathLength || line.Path.Count(c => c == '/') >= limits.MaxDepth)
            {
                return new GitFailure(GitFailureReason.TooLarge, $"The path '{line.Path[..Math.Min(line.Path.Length, 80)]}…' is longer than {limits.MaxPathLength} characters or deeper than {limits.MaxDepth} folders. Narrow spec.path.");
            }

            if (line.Size > limits.MaxBlobBytes)
            {
                return new GitFailure(GitFailureReason.TooLarge, $"'{line.Path}' has {line.Size >> 20} MiB; a file may have {limits.MaxBlobBytes >> 20} MiB. Move it out of the folder that spec.path and spec.readRoots name.");
            }
        }

        return await CheckSmallAsync(lines, roots, cancellationToken);
    }

    /// <summary>What only the content tells: symlinks' targets and LFS pointers.</summary>
    private async Task<GitFailure?> CheckSmallAsync(TreeLine[] lines, string[] roots, CancellationToken cancellationToken)
    {
        foreach (var line in lines.Where(l => l.Type == "blob" && (l.Mode == TreeLine.Symlink || (l.Size is > 100 and <= LargestPointer))))
        {
            var read = await ReadObjectAsync(line.Oid, 16 << 10, cancellationToken);
            if (!read.IsOk)
            {
                return read.Failure;
            }

            var text = Encoding.UTF8.GetString(read.Value.Bytes);
            if (line.Mode == TreeLine.Symlink && !StaysInside(line.Path, text, roots))
            {
                return new GitFailure(GitFailureReason.SymlinkOutside, $"'{line.Path}' is a symbolic link to '{Cut(text, 100)}', outside of what the Assignment may read. Replace it with the file, or add the folder to spec.readRoots.");
            }

            if (line.Mode != TreeLine.Symlink && text.StartsWith(PointerMark, StringComparison.Ordinal))
            {
                return new GitFailure(GitFailureReason.LargeFilePointer, $"'{line.Path}' is a Git LFS pointer and not the file itself. Commit the file without LFS (git lfs migrate export), or move it out of the folder.");
            }
        }

        return null;
    }

    private async Task<GitResult<Closure>> BuildAsync(CommitSummary commit, TreeLine[] lines, string[] roots, ClosureLimits limits, CancellationToken cancellationToken)
    {
        var entries = new Dictionary<string, ClosureEntry>(StringComparer.Ordinal);
        var sized = lines.Where(l => l.Type == "tree").Select(l => l.Oid).Append(commit.TreeId).Append(commit.Id).Distinct(StringComparer.Ordinal).ToArray();
        var infos = await _objects.InfoAsync(sized, cancellationToken);
        var sizes = sized.Select((o, i) => (o, infos[i]?.Size ?? -1)).ToDictionary(p => p.o, p => p.Item2, StringComparer.Ordinal);
        if (sizes.ContainsValue(-1))
        {
            return Missing(commit.Id);
        }

        entries[commit.Id] = new ClosureEntry(commit.Id, GitObjectKind.Commit, sizes[commit.Id], "");
        entries[commit.TreeId] = new ClosureEntry(commit.TreeId, GitObjectKind.Tree, sizes[commit.TreeId], "");
        foreach (var line in lines)
        {
            var tree = line.Type == "tree";
            entries.TryAdd(line.Oid, new ClosureEntry(line.Oid, tree ? GitObjectKind.Tree : GitObjectKind.Blob, tree ? sizes[line.Oid] : line.Size, line.Path));
        }

        var closure = new Closure(commit.Id, roots, ClosureDigests.Of(entries.Keys), [.. entries.Values]);
        return closure.Bytes <= limits.MaxBytes
            ? closure
            : new GitFailure(GitFailureReason.TooLarge, $"The content has {closure.Bytes >> 20} MiB; at most {limits.MaxBytes >> 20} MiB are delivered. Narrow spec.path and spec.readRoots.");
    }

    private static bool StaysInside(string path, string target, string[] roots)
    {
        if (target.StartsWith('/'))
        {
            return false;
        }

        var at = new List<string>(path.Split('/')[..^1]);
        foreach (var part in target.Split('/').Where(p => p.Length > 0 && p != "."))
        {
            if (part != "..")
            {
                at.Add(part);
            }
            else if (at.Count == 0)
            {
                return false;
            }
            else
            {
                at.RemoveAt(at.Count - 1);
            }
        }

        var resolved = string.Join('/', at);
        return roots.Any(r => r.Length == 0 || resolved == r || resolved.StartsWith(r + "/", StringComparison.Ordinal));
    }

    private static GitFailure TooMany(ClosureLimits limits) =>
        new(GitFailureReason.TooMany, $"The content has more than {limits.MaxObjects} objects. Narrow spec.path and spec.readRoots.");
}
