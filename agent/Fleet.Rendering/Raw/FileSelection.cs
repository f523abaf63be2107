using Fleet.Rendering.Files;

namespace Fleet.Rendering.Raw;

/// <summary>Walks a path and chooses the files that are read as manifests.</summary>
internal static class FileSelection
{
    private const int MaxDepth = 64;

    public static IReadOnlyList<(string Path, long Size)> Select(RenderContext context)
    {
        var request = context.Request;
        if (!TreePath.TryNormalise(request.Path, out var root))
        {
            context.Error(request.Path, 0, 0, "the path is absolute or leads out of the repository", "Write a path inside the repository, such as apps/web");
            return [];
        }
        var entry = request.Files.Find(root);
        switch (entry.Kind)
        {
            case FileKind.File:
                return [(root, entry.Size)];
            case FileKind.Folder:
                break;
            case FileKind.Missing:
                context.Error(request.Path, 0, 0, "the path does not exist in this Revision", "Check the Assignment's path and ref, or push the folder");
                return [];
            default:
                context.Error(request.Path, 0, 0, $"the path is {Words(entry.Kind)}", "Write the path of a folder or a file");
                return [];
        }
        var files = new List<(string, long)>();
        Walk(root, root, 0, Globs(request.Raw.Include.Count > 0 ? request.Raw.Include : RawOptions.DefaultInclude), Globs(request.Raw.Exclude), context, files);
        return files;
    }

    private static void Walk(string folder, string root, int depth, List<Glob> include, List<Glob> exclude, RenderContext context, List<(string, long)> files)
    {
        if (depth > MaxDepth)
        {
            context.Error(folder, 0, 0, $"folders are nested deeper than {MaxDepth} levels", "Choose a deeper path");
            return;
        }
        foreach (var entry in context.Request.Files.List(folder).OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            var path = TreePath.Join(folder, entry.Name);
            var below = TreePath.Below(path, root);
            if (exclude.Exists(g => g.Matches(below))) continue;
            switch (entry.Kind)
            {
                case FileKind.Folder:
                    if (context.Request.Raw.Recursive && entry.Name != ".git") Walk(path, root, depth + 1, include, exclude, context, files);
                    break;
                case FileKind.File when !include.Exists(g => g.Matches(below)):
                    break;
                case FileKind.File when files.Count >= context.Limits.Files:
                    context.Error(path, 0, 0, $"there are more than {context.Limits.Files:N0} files", "Choose a deeper path, or exclude files");
                    return;
                case FileKind.File:
                    files.Add((path, entry.Size));
                    break;
                case FileKind.Link or FileKind.Submodule when include.Exists(g => g.Matches(below)):
                    context.Error(path, 0, 0, $"this is {Words(entry.Kind)}, which is not followed", "Commit the file itself, or exclude it");
                    break;
            }
        }
    }

    private static List<Glob> Globs(IReadOnlyList<string> patterns) => [.. patterns.Select(p => new Glob(p))];

    private static string Words(FileKind kind) => kind == FileKind.Submodule ? "another repository (a submodule)" : "a symbolic link";
}
