using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>The files that -f names: files, folders (their *.yaml, *.yml and *.json; -R goes deeper), or - for standard input.</summary>
internal static class SourceFiles
{
    private const int MaxBytes = 8 * 1024 * 1024;

    public static async Task<IReadOnlyList<SourceFile>> ReadAsync(IReadOnlyList<string> names, bool recursive, CancellationToken cancellationToken)
    {
        var files = new List<SourceFile>();
        var total = 0L;
        foreach (var name in names)
        {
            if (name == "-")
            {
                files.Add(new SourceFile { Name = "stdin", Content = await Console.In.ReadToEndAsync(cancellationToken) });
                continue;
            }

            var paths = Directory.Exists(name) ? InFolder(name, recursive) : File.Exists(name) ? [name] : throw new UsageException($"there is no file or folder '{name}'");
            foreach (var path in paths)
            {
                total += new FileInfo(path).Length;
                if (total > MaxBytes)
                {
                    throw new UsageException($"the files are larger than {MaxBytes / 1024 / 1024} MiB together (at '{path}'). Apply them in parts, and only Fleet's own resources: workloads belong in Git.");
                }

                files.Add(new SourceFile { Name = path, Content = await File.ReadAllTextAsync(path, cancellationToken) });
            }
        }

        return files.Count > 0 ? files : throw new UsageException($"no *.yaml, *.yml or *.json in {string.Join(", ", names)}");
    }

    private static IEnumerable<string> InFolder(string folder, bool recursive) =>
        Directory.EnumerateFiles(folder, "*", recursive ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly)
            .Where(f => Path.GetExtension(f) is ".yaml" or ".yml" or ".json")
            .Order(StringComparer.Ordinal);
}
