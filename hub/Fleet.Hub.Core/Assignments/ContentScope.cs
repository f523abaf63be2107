using Fleet.V1;

namespace Fleet.Hub.Core.Assignments;

/// <summary>The folders of a repository that an Assignment may read.</summary>
public static class ContentScope
{
    /// <summary>The path itself and the readRoots, normalised, sorted, and without those that lie inside another. "" is the root.</summary>
    public static IReadOnlyList<string> Roots(AssignmentSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return Roots(spec.Path, spec.ReadRoots);
    }

    /// <inheritdoc cref="Roots(AssignmentSpec)"/>
    public static IReadOnlyList<string> Roots(string path, IEnumerable<string> readRoots)
    {
        ArgumentNullException.ThrowIfNull(readRoots);
        var all = readRoots.Append(path).Select(Normalize).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        return [.. all.Where(root => !all.Any(other => other != root && Contains(other, root)))];
    }

    /// <summary>"./a//b/" → "a/b"; "." and "/" → "". Applying refuses "..", so it is kept and found nowhere.</summary>
    public static string Normalize(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "."));
    }

    private static bool Contains(string outer, string inner) =>
        outer.Length == 0 || (inner.Length > outer.Length && inner[outer.Length] == '/' && inner.StartsWith(outer, StringComparison.Ordinal));
}
