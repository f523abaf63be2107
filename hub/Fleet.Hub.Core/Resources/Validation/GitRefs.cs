namespace Fleet.Hub.Core.Resources.Validation;

/// <summary>Names of branches, tags and commits, by the rules of git check-ref-format.</summary>
internal static class GitRefs
{
    /// <summary>What is wrong with a ref, or null. Empty is the remote's HEAD.</summary>
    public static string? Problem(string name)
    {
        if (name.Length == 0)
        {
            return null;
        }

        var broken = name.Length > 250
            || name[0] is '-' or '/' or '.'
            || name[^1] is '/' or '.'
            || name == "@"
            || name.Contains("..", StringComparison.Ordinal)
            || name.Contains("//", StringComparison.Ordinal)
            || name.Contains("/.", StringComparison.Ordinal)
            || name.Contains("@{", StringComparison.Ordinal)
            || name.Split('/').Any(part => part.EndsWith(".lock", StringComparison.Ordinal))
            || name.Any(c => char.IsControl(c) || c is ' ' or '~' or '^' or ':' or '?' or '*' or '[' or '\\');
        if (broken)
        {
            return $"{Quoting.Quote(name)} is not a branch, tag or commit: write for instance main, v1.2.0, refs/tags/v1.2.0 or a full commit id.";
        }

        return name.StartsWith("refs/", StringComparison.Ordinal)
            && !name.StartsWith("refs/heads/", StringComparison.Ordinal)
            && !name.StartsWith("refs/tags/", StringComparison.Ordinal)
            ? $"{Quoting.Quote(name)} is neither a branch nor a tag: only refs/heads/… and refs/tags/… are fetched."
            : null;
    }
}
