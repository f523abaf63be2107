using System.Globalization;
using System.Text;

namespace Fleet.Hub.Git;

public sealed partial class GitMirror
{
    private const int MaxCommitBytes = 1 << 20;

    /// <summary>Whether the commit is held.</summary>
    public async Task<bool> HasAsync(string commit, CancellationToken cancellationToken) =>
        Exists && (await _objects.InfoAsync([commit], cancellationToken))[0]?.Kind == GitObjectKind.Commit;

    /// <summary>One object whole; larger than the limit or absent: a failure.</summary>
    public async Task<GitResult<GitObject>> ReadObjectAsync(string oid, long maxBytes, CancellationToken cancellationToken)
    {
        if (!Exists)
        {
            return Missing(oid);
        }

        return await _objects.ReadAsync(oid, maxBytes, cancellationToken) switch
        {
            null => new GitFailure(GitFailureReason.CommitMissing, $"The object {oid} is not in the mirror."),
            { Bytes: { } bytes } found => new GitObject(oid, found.Kind, bytes),
            { } large => new GitFailure(GitFailureReason.TooLarge, $"The object {oid} has {large.Size} bytes; at most {maxBytes} are read."),
        };
    }

    /// <summary>What the commit says of itself.</summary>
    public async Task<GitResult<CommitSummary>> ReadCommitAsync(string commit, CancellationToken cancellationToken)
    {
        var read = await ReadObjectAsync(commit, MaxCommitBytes, cancellationToken);
        return !read.IsOk ? (read.Failure.Reason == GitFailureReason.CommitMissing ? Missing(commit) : read.Failure)
            : read.Value.Kind == GitObjectKind.Commit ? Summary(commit, Encoding.UTF8.GetString(read.Value.Bytes))
            : Missing(commit);
    }

    /// <summary>The id of the tree or blob at a path; empty or "." is the root tree.</summary>
    public async Task<GitResult<string>> TreeIdAsync(string commit, string path, CancellationToken cancellationToken)
    {
        var summary = await ReadCommitAsync(commit, cancellationToken);
        if (!summary.IsOk)
        {
            return summary.Failure;
        }

        var clean = Clean(path);
        if (clean.Length == 0)
        {
            return summary.Value.TreeId;
        }

        var output = await LocalAsync(cancellationToken, "ls-tree", "-z", "--full-tree", commit, "--", clean);
        if (output.ExitCode != 0)
        {
            return LocalFailure("read the tree", output);
        }

        var entry = TreeLine.ParseAll(output.Text).FirstOrDefault();
        return entry is null ? NoPath(commit, path) : entry.Oid;
    }

    private static GitFailure NoPath(string commit, string path) =>
        new(GitFailureReason.PathMissing, $"There is no '{path}' in commit {commit[..10]}. Check spec.path (it is relative to the repository's root, and case counts), or commit the folder. What is deployed stays.");

    private static string Clean(string path) => string.Join('/', path.Split('/').Where(p => p.Length > 0 && p != "."));

    private static CommitSummary Summary(string id, string text)
    {
        var split = text.IndexOf("\n\n", StringComparison.Ordinal);
        var (head, message) = split < 0 ? (text, "") : (text[..split], text[(split + 2)..]);
        string tree = "", author = "";
        var time = DateTimeOffset.UnixEpoch;
        foreach (var line in head.Split('\n'))
        {
            if (line.StartsWith("tree ", StringComparison.Ordinal))
            {
                tree = line[5..].Trim();
            }
            else if (line.StartsWith("author ", StringComparison.Ordinal))
            {
                author = line[7..(line.LastIndexOf('>') + 1 is var end && end > 7 ? end : line.Length)];
            }
            else if (line.StartsWith("committer ", StringComparison.Ordinal)
                && line[(line.LastIndexOf('>') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var seconds, ..]
                && long.TryParse(seconds, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var unix)
                && Math.Abs(unix) < 200_000_000_000)
            {
                time = DateTimeOffset.FromUnixTimeSeconds(unix);
            }
        }

        var subject = message.TrimStart().Split('\n')[0].Trim();
        return new CommitSummary(id, tree, Cut(author, 200), Cut(subject, 200), Cut(message, 8192), time);
    }

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];
}
