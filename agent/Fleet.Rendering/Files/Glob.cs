namespace Fleet.Rendering.Files;

/// <summary>
/// A pattern over paths: <c>*</c> and <c>?</c> stay within a name, <c>**</c> crosses folders. One without a slash is about
/// the file's name at any depth; one that ends with a slash is about everything below a folder.
/// </summary>
public sealed class Glob
{
    private readonly string[] _parts;

    public Glob(string pattern)
    {
        Pattern = pattern;
        var p = pattern.StartsWith("./", StringComparison.Ordinal) ? pattern[2..] : pattern;
        var anchored = p.TrimEnd('/').Contains('/');
        if (p.EndsWith('/')) p += "**";
        p = p.TrimStart('/');
        _parts = (anchored || p.EndsWith("/**", StringComparison.Ordinal) ? p : "**/" + p).Split('/', StringSplitOptions.RemoveEmptyEntries);
    }

    public string Pattern { get; }

    public bool Matches(string path) => Match(_parts, path.Split('/'));

    /// <summary>The same walk as over a name, with folders for letters and <c>**</c> for the star.</summary>
    private static bool Match(string[] pattern, string[] path)
    {
        int p = 0, n = 0, star = -1, mark = 0;
        while (n < path.Length)
        {
            if (p < pattern.Length && pattern[p] == "**")
            {
                star = p++;
                mark = n;
            }
            else if (p < pattern.Length && MatchName(pattern[p], path[n]))
            {
                p++;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++mark;
            }
            else
            {
                return false;
            }
        }
        while (p < pattern.Length && pattern[p] == "**") p++;
        return p == pattern.Length;
    }

    /// <summary>Without backtracking beyond the last star: linear for what people write, quadratic at worst.</summary>
    private static bool MatchName(string pattern, string name)
    {
        int p = 0, n = 0, star = -1, mark = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == name[n]) && pattern[p] != '*')
            {
                p++;
                n++;
            }
            else if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                mark = n;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++mark;
            }
            else
            {
                return false;
            }
        }
        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }
}
