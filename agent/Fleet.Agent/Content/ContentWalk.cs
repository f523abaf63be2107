using Fleet.Rendering.Files;
using Fleet.V1;

namespace Fleet.Agent.Content;

/// <summary>Walks from a commit over its trees to the blobs under some folders: finds what is lacking, and refuses what no repository should hold.</summary>
internal sealed class ContentWalk(IObjectStore store, ContentLimits limits)
{
    private readonly HashSet<GitId> _seen = [];
    private readonly List<GitId> _missing = [];
    private readonly List<GitId> _all = [];
    private long _bytes;

    /// <summary>Objects that are not in the store; what they name in turn shows once they are.</summary>
    public IReadOnlyList<GitId> Missing => _missing;

    /// <summary>Every object of the closure that was found.</summary>
    public IReadOnlyList<GitId> Found => _all;

    /// <param name="commit">Where to begin.</param>
    /// <param name="roots">Folders, normalised; empty is the root.</param>
    /// <exception cref="ContentException">Something in it is refused.</exception>
    public void Run(GitId commit, IEnumerable<string> roots)
    {
        if (!Enter(commit)) return;
        if (store.Read(commit) is not { Type: GitObjectType.Commit } content || GitTree.TreeOfCommit(content.Bytes.Span) is not { } tree)
        {
            throw new ContentException("NoCommit", $"{commit} is no commit");
        }
        foreach (var root in roots.Distinct(StringComparer.Ordinal)) Descend(tree, root);
    }

    private void Descend(GitId tree, string root)
    {
        var at = tree;
        var path = "";
        foreach (var name in root.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Enter(at)) return;
            path = TreePath.Join(path, name);
            var entry = Entries(at, path).Find(e => e.Name == name);
            if (entry.RawName is null) throw new ContentException("PathMissing", $"the commit has no folder {root} ({path} is not there). Correct the Assignment's path, or its readRoots");
            if (entry.Mode != GitMode.Folder)
            {
                // A single file as a root is as good as a folder.
                if (entry.Mode == GitMode.File && path == root) Enter(entry.Id);
                else throw new ContentException("PathMissing", $"{path} in the commit is no folder. Correct the Assignment's path, or its readRoots");
                return;
            }
            at = entry.Id;
        }
        Below(at, root, 0);
    }

    private void Below(GitId tree, string path, int depth)
    {
        if (depth > limits.Depth) throw new ContentException("TooDeep", $"{path} lies more than {limits.Depth} folders deep");
        if (path.Length > limits.PathLength) throw new ContentException("PathTooLong", $"{path[..80]}… is longer than {limits.PathLength} characters");
        var known = _seen.Contains(tree);
        if (!Enter(tree) || known) return;
        foreach (var entry in Entries(tree, path))
        {
            switch (entry.Mode)
            {
                case GitMode.Folder:
                    Below(entry.Id, TreePath.Join(path, entry.Name), depth + 1);
                    break;
                case GitMode.File or GitMode.Link:
                    Enter(entry.Id);
                    break;
                case GitMode.Unknown:
                    throw new ContentException("BadMode", $"{TreePath.Join(path, entry.Name)} has mode {entry.ModeText}, which is none of Git's");
                default:
                    // A submodule has no content here; whoever reads it is told so by name.
                    break;
            }
        }
    }

    /// <summary>True when it is here and counted.</summary>
    private bool Enter(GitId id)
    {
        if (!_seen.Add(id)) return store.Contains(id);
        if (_seen.Count > limits.Objects) throw new ContentException("TooMany", $"the content has more than {limits.Objects:N0} objects. Split the Assignment, or narrow its path");
        if (!store.Contains(id))
        {
            _missing.Add(id);
            return false;
        }
        _all.Add(id);
        _bytes += store.SizeOf(id);
        return _bytes <= limits.Bytes ? true : throw new ContentException("TooLarge", $"the content has more than {limits.Bytes >> 20} MiB. Put large files elsewhere, or split the Assignment");
    }

    private List<GitEntry> Entries(GitId tree, string path) =>
        store.Read(tree) is { Type: GitObjectType.Tree } content && GitTree.Parse(content.Bytes.Span, tree.Length) is { } entries
            ? entries
            : throw new ContentException("BadTree", $"{(path.Length == 0 ? "the root" : path)} ({tree}) is no Git tree, or holds a name that cannot be checked out");
}
