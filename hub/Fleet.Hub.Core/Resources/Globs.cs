namespace Fleet.Hub.Core.Resources;

/// <summary>Globs over names: * stands for any characters, ? for one. No other character is special.</summary>
public static class Globs
{
    /// <summary>True when the pattern has * or ?.</summary>
    public static bool HasWildcard(string pattern) => pattern.AsSpan().IndexOfAny('*', '?') >= 0;

    /// <summary>True when the whole name matches. Linear in pattern times name, without backtracking beyond the last star.</summary>
    public static bool IsMatch(string pattern, string name)
    {
        int p = 0, n = 0, star = -1, resume = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && (pattern[p] == '?' || (pattern[p] == name[n] && pattern[p] != '*')))
            {
                p++;
                n++;
            }
            else if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = n;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++resume;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*')
        {
            p++;
        }

        return p == pattern.Length;
    }
}
