namespace Fleet.Rendering.Files;

/// <summary>What stands under a path.</summary>
public enum FileKind
{
    Missing,
    File,
    Folder,
    /// <summary>A symbolic link that was not resolved, because it leads out of the tree or because links are refused.</summary>
    Link,
    /// <summary>Another repository (a gitlink).</summary>
    Submodule,
}

/// <summary>One entry of a folder.</summary>
public readonly record struct FileEntry(string Name, FileKind Kind, long Size);

/// <summary>A folder of files to render, wherever it lies: Git objects, a disk, a test. Paths have forward slashes and none at the start; the root is empty.</summary>
public interface IFileTree
{
    /// <summary>What stands at a path, with its size; <see cref="FileKind.Missing"/> when nothing does.</summary>
    FileEntry Find(string path);

    /// <summary>The entries of a folder, in any order.</summary>
    IReadOnlyList<FileEntry> List(string folder);

    /// <summary>A file's bytes; asked only for files whose size was found to be within bounds.</summary>
    ReadOnlyMemory<byte> Read(string file);
}
