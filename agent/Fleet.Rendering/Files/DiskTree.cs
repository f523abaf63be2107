namespace Fleet.Rendering.Files;

/// <summary>A folder on a disk, for the command line and for tests; a link that leads out of it is not followed.</summary>
public sealed class DiskTree(string root) : IFileTree
{
    private readonly string _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    public FileEntry Find(string path)
    {
        var full = Full(path);
        if (Directory.Exists(full)) return Entry(new DirectoryInfo(full));
        return File.Exists(full) || new FileInfo(full).LinkTarget is not null ? Entry(new FileInfo(full)) : default;
    }

    public IReadOnlyList<FileEntry> List(string folder) => [.. new DirectoryInfo(Full(folder)).EnumerateFileSystemInfos().Select(Entry)];

    public ReadOnlyMemory<byte> Read(string file) => File.ReadAllBytes(Full(file));

    private string Full(string path) => path.Length == 0 ? _root : Path.Combine(_root, path);

    private FileEntry Entry(FileSystemInfo info)
    {
        if (info.LinkTarget is null) return Plain(info);
        var target = info.ResolveLinkTarget(returnFinalTarget: true);
        return target is { Exists: true } && IsInside(target.FullName) ? Plain(target) with { Name = info.Name } : new(info.Name, FileKind.Link, 0);
    }

    private static FileEntry Plain(FileSystemInfo info) => info is FileInfo file
        ? new(file.Name, FileKind.File, file.Length)
        : new(info.Name, FileKind.Folder, 0);

    private bool IsInside(string full) => full.StartsWith(_root + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
