namespace Fleet.Hub.Core.Resources.Validation;

/// <summary>Folders and globs inside a repository.</summary>
internal static class RepositoryPaths
{
    /// <summary>What is wrong with a folder, or null. "." and empty are the root.</summary>
    public static string? FolderProblem(string path)
    {
        if (path is "" or ".")
        {
            return null;
        }

        var plain = string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "."));
        if (path.Length > 1024 || path.Any(c => char.IsControl(c) || c == '\\'))
        {
            return $"{Quoting.Quote(path)} is not a folder of a repository: separate at most 1,024 characters by /, without \\ or control characters.";
        }

        if (plain.Split('/').Contains(".."))
        {
            return $"{Quoting.Quote(path)} leaves its folder by ..: write the path from the repository's root.";
        }

        return plain == path ? null : $"{Quoting.Quote(path)} is not in its plain form: write {(plain.Length == 0 ? "." : plain)}.";
    }

    /// <summary>What is wrong with a glob of files relative to the path, or null.</summary>
    public static string? GlobProblem(string glob)
    {
        if (glob.Length is 0 or > 256)
        {
            return "A glob of 1 to 256 characters is needed, such as *.yaml or base/**/*.json.";
        }

        return glob[0] == '/' || glob.Split('/').Contains("..") || glob.Any(c => char.IsControl(c) || c == '\\')
            ? $"{Quoting.Quote(glob)} is not a glob of files below the path: write it without a leading /, .. or \\, such as *.yaml."
            : null;
    }
}
