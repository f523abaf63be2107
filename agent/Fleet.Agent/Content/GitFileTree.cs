using System.Text;
using Fleet.Rendering.Files;
using Fleet.V1;

namespace Fleet.Agent.Content;

/// <summary>The files of a commit as rendering reads them: only what lies under the given folders, every byte checked from the commit down.</summary>
internal sealed class GitFileTree : IFileTree
{
    private const int MaxHops = 16;
    private const int MaxPointer = 1024;
    private readonly IObjectStore _store;
    private readonly GitId _root;
    private readonly IReadOnlyList<string> _roots;
    private readonly Dictionary<GitId, Dictionary<string, GitEntry>> _trees = [];

    public GitFileTree(IObjectStore store, GitId commit, IReadOnlyList<string> roots)
    {
        (_store, _roots) = (store, roots);
        _root = store.Read(commit) is { Type: GitObjectType.Commit } content && GitTree.TreeOfCommit(content.Bytes.Span) is { } tree ? tree : throw Lost(commit);
    }

    public FileEntry Find(string path) => IsWithin(path) || IsAbove(path) ? Describe(path, Locate(path)) : default;

    public IReadOnlyList<FileEntry> List(string folder)
    {
        if (Locate(folder) is not { Mode: GitMode.Folder } entry) return [];
        return [.. Entries(entry.Id).Values.Select(e => (Path: TreePath.Join(folder, e.Name), Entry: e)).Where(e => IsWithin(e.Path) || IsAbove(e.Path)).Select(e => Describe(e.Path, e.Entry))];
    }

    public ReadOnlyMemory<byte> Read(string file)
    {
        var entry = IsWithin(file) ? Resolve(file, Locate(file)) : null;
        if (entry is not { Mode: GitMode.File } found || _store.Read(found.Id) is not { Type: GitObjectType.Blob } blob) throw entry is { } lost ? Lost(lost.Id) : new ContentException("FileMissing", $"there is no file {file}");
        if (blob.Bytes.Length <= MaxPointer && blob.Bytes.Span.StartsWith("version https://git-lfs.github.com/spec/"u8))
        {
            throw new ContentException("LfsPointer", $"{file} is a pointer of Git LFS and not the file itself. Keep manifests in Git, or exclude it");
        }
        return blob.Bytes;
    }

    private FileEntry Describe(string path, GitEntry? entry)
    {
        if (entry is not { } e) return default;
        var name = TreePath.Name(path);
        if (e.Mode == GitMode.Folder) return new(name, FileKind.Folder, 0);
        if (e.Mode == GitMode.Submodule) return new(name, FileKind.Submodule, 0);
        // A link is followed to files under the same folders; one to a folder could lead in circles.
        return Resolve(path, e) is { Mode: GitMode.File } file ? new(name, FileKind.File, Math.Max(0, _store.SizeOf(file.Id))) : new(name, FileKind.Link, 0);
    }

    private GitEntry? Resolve(string path, GitEntry? entry)
    {
        for (var hops = 0; entry is { Mode: GitMode.Link } link; hops++)
        {
            if (hops >= MaxHops || _store.Read(link.Id) is not { Type: GitObjectType.Blob } blob || blob.Bytes.Length > MaxPointer) return link;
            if (Target(path, Encoding.UTF8.GetString(blob.Bytes.Span)) is not { } target || !IsWithin(target)) return link;
            path = target;
            if (Locate(target) is not { } next) return link;
            entry = next;
        }
        return entry;
    }

    private static string? Target(string link, string target)
    {
        if (target.StartsWith('/')) return null;
        var parts = link.Split('/').SkipLast(1).ToList();
        foreach (var part in target.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".") continue;
            if (part != "..") parts.Add(part);
            else if (parts.Count == 0) return null;
            else parts.RemoveAt(parts.Count - 1);
        }
        return string.Join('/', parts);
    }

    private GitEntry? Locate(string path)
    {
        var entry = new GitEntry("40000", [], _root);
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry.Mode != GitMode.Folder || !Entries(entry.Id).TryGetValue(name, out entry)) return null;
        }
        return entry;
    }

    private Dictionary<string, GitEntry> Entries(GitId tree)
    {
        if (_trees.TryGetValue(tree, out var known)) return known;
        if (_store.Read(tree) is not { Type: GitObjectType.Tree } content || GitTree.Parse(content.Bytes.Span, tree.Length) is not { } entries) throw Lost(tree);
        var byName = new Dictionary<string, GitEntry>(StringComparer.Ordinal);
        foreach (var entry in entries) byName[entry.Name] = entry;
        return _trees[tree] = byName;
    }

    private bool IsWithin(string path) => _roots.Any(r => r.Length == 0 || path == r || path.StartsWith(r + "/", StringComparison.Ordinal));

    private bool IsAbove(string path) => _roots.Any(r => path.Length == 0 || r.StartsWith(path + "/", StringComparison.Ordinal));

    /// <summary>The cache dropped it between the walk and now: the next try fetches it again.</summary>
    private static ContentException Lost(GitId id) => new("Lost", $"object {id} was dropped from the cache while it was needed; it is fetched again. Give the agent a larger --cache-size if this goes on");
}
