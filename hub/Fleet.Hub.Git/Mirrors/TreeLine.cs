using System.Globalization;

namespace Fleet.Hub.Git;

/// <summary>One line of `git ls-tree -z [-l]`.</summary>
internal sealed record TreeLine(string Mode, string Type, string Oid, long Size, string Path)
{
    public const string Symlink = "120000";
    public const string Gitlink = "160000";

    public static IEnumerable<TreeLine> ParseAll(string text)
    {
        foreach (var line in text.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            var tab = line.IndexOf('\t', StringComparison.Ordinal);
            var parts = line[..tab].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var size = parts.Length > 3 && long.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : 0;
            yield return new TreeLine(parts[0], parts[1], parts[2], size, line[(tab + 1)..]);
        }
    }
}
