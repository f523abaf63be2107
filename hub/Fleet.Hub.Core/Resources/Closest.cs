namespace Fleet.Hub.Core.Resources;

/// <summary>Finds what the user most likely meant.</summary>
public static class Closest
{
    /// <summary>The candidate nearest to what was written, or null when none is near enough to be worth a guess.</summary>
    public static string? To(string written, IEnumerable<string> candidates)
    {
        if (written.Length is 0 or > 64)
        {
            return null;
        }

        var folded = Fold(written);
        string? best = null;
        var bestDistance = int.MaxValue;
        foreach (var candidate in candidates)
        {
            var distance = Distance(folded, Fold(candidate));
            if (distance < bestDistance)
            {
                (best, bestDistance) = (candidate, distance);
            }
        }

        return bestDistance <= Math.Max(1, written.Length / 3) ? best : null;
    }

    /// <summary>A suggestion to append to a message: <c> Did you mean "groups"?</c>, or nothing.</summary>
    public static string Hint(string written, IEnumerable<string> candidates) =>
        To(written, candidates) is { } best ? $" Did you mean \"{best}\"?" : "";

    // snake_case, kebab-case and another case are the same mistake, and cost nothing.
    private static string Fold(string text) =>
        text.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    // Damerau-Levenshtein (adjacent transpositions), three rows.
    private static int Distance(string a, string b)
    {
        var before = new int[b.Length + 1];
        var previous = new int[b.Length + 1];
        var current = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            previous[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                current[j] = Math.Min(Math.Min(current[j - 1] + 1, previous[j] + 1), previous[j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    current[j] = Math.Min(current[j], before[j - 2] + 1);
                }
            }

            (before, previous, current) = (previous, current, before);
        }

        return previous[b.Length];
    }
}
