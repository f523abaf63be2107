using System.Text;

namespace Fleet.Rendering.Files;

/// <summary>A tree in memory.</summary>
public sealed class MemoryTree : IFileTree
{
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, FileEntry>> _folders = new(StringComparer.Ordinal) { [""] = [] };

    public MemoryTree Add(string path, string text) => Add(path, Encoding.UTF8.GetBytes(text));

    public MemoryTree Add(string path, ReadOnlyMemory<byte> bytes)
    {
        _files[path] = bytes;
        return Put(path, FileKind.File, bytes.Length);
    }

    /// <summary>An entry that is neither file nor folder.</summary>
    public MemoryTree Add(string path, FileKind kind) => Put(path, kind, 0);

    public FileEntry Find(string path)
    {
        if (_folders.ContainsKey(path)) return new(TreePath.Name(path), FileKind.Folder, 0);
        var slash = path.LastIndexOf('/');
        return _folders.TryGetValue(slash < 0 ? "" : path[..slash], out var folder) && folder.TryGetValue(TreePath.Name(path), out var entry) ? entry : default;
    }

    public IReadOnlyList<FileEntry> List(string folder) => _folders.TryGetValue(folder, out var entries) ? [.. entries.Values] : [];

    public ReadOnlyMemory<byte> Read(string file) => _files[file];

    private MemoryTree Put(string path, FileKind kind, long size)
    {
        var slash = path.LastIndexOf('/');
        var folder = slash < 0 ? "" : path[..slash];
        if (!_folders.TryGetValue(folder, out var entries))
        {
            _folders[folder] = entries = new(StringComparer.Ordinal);
            Put(folder, FileKind.Folder, 0);
        }
        var name = TreePath.Name(path);
        entries[name] = new(name, kind, size);
        return this;
    }
}
