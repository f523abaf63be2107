namespace Fleet.KubeSim.Selectors;

/// <summary>A parsed field selector; all terms must hold.</summary>
internal sealed class FieldSelector(IReadOnlyList<FieldTerm> terms)
{
    public static readonly FieldSelector Everything = new([]);

    public IReadOnlyList<FieldTerm> Terms => terms;

    /// <summary>The value that an exact term demands of a field, or null.</summary>
    public string? Exact(string field) => terms.FirstOrDefault(t => t.Field == field && !t.Negated)?.Value;

    public bool Matches(Func<string, string> read)
    {
        foreach (var term in terms)
        {
            if ((read(term.Field) == term.Value) == term.Negated)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The selector, or the server's message in <paramref name="error"/>.</summary>
    public static FieldSelector? Parse(string text, out string? error)
    {
        error = null;
        var terms = new List<FieldTerm>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var (at, length, negated) = part.IndexOf("!=", StringComparison.Ordinal) is >= 0 and var not ? (not, 2, true)
                : part.IndexOf("==", StringComparison.Ordinal) is >= 0 and var two ? (two, 2, false)
                : (part.IndexOf('='), 1, false);
            if (at < 0)
            {
                error = $"invalid selector: '{text}'; can't understand '{part}'";
                return null;
            }

            terms.Add(new FieldTerm(part[..at], part[(at + length)..], negated));
        }

        return new FieldSelector(terms);
    }
}

/// <summary>One condition on one field.</summary>
internal sealed record FieldTerm(string Field, string Value, bool Negated);
