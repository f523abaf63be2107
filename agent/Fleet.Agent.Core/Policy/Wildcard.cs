namespace Fleet.Agent.Core.Policy;

/// <summary>Patterns of a policy: <c>*</c> stands for any run of characters, all else for itself, case and all.</summary>
public static class Wildcard
{
    public static bool Matches(string pattern, string text)
    {
        int p = 0, t = 0, star = -1, mark = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, mark) = (p++, t);
            }
            else if (p < pattern.Length && pattern[p] == text[t])
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                (p, t) = (star + 1, ++mark);
            }
            else
            {
                return false;
            }
        }
        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }

    public static bool Any(IReadOnlyList<string> patterns, string text) => patterns.Any(p => Matches(p, text));
}
