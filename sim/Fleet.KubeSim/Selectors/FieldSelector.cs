using System.Text;

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
        foreach (var part in Split(text))
        {
            if (part.Length == 0)
            {
                continue;
            }

            var (at, length, negated) = Operator(part);
            if (at < 0)
            {
                error = $"invalid selector: '{text}'; can't understand '{part}'";
                return null;
            }

            var value = Unescape(part[(at + length)..], out var bad);
            if (value is null)
            {
                error = bad;
                return null;
            }

            terms.Add(new FieldTerm(part[..at], value, negated));
        }

        return new FieldSelector(terms);
    }

    /// <summary>Cuts at commas that are not escaped.</summary>
    private static IEnumerable<string> Split(string text)
    {
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == ',')
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        yield return text[start..];
    }

    /// <summary>The first operator of a term, wherever it is.</summary>
    private static (int At, int Length, bool Negated) Operator(string term)
    {
        for (var i = 0; i < term.Length; i++)
        {
            var rest = term.AsSpan(i);
            if (rest.StartsWith("!="))
            {
                return (i, 2, true);
            }

            if (rest[0] == '=')
            {
                return (i, rest.StartsWith("==") ? 2 : 1, false);
            }
        }

        return (-1, 0, false);
    }

    private static string? Unescape(string value, out string? error)
    {
        error = null;
        var result = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            switch (value[i])
            {
                case '\\' when i + 1 < value.Length && value[i + 1] is '\\' or ',' or '=':
                    result.Append(value[++i]);
                    break;
                case '\\':
                    error = i + 1 < value.Length
                        ? $"invalid escape sequence: {value[i..(i + 2)]}"
                        : "unterminated escape sequence: \\";
                    return null;
                case ',' or '=':
                    error = $"unescaped character in field selector value: {value[i]}";
                    return null;
                default:
                    result.Append(value[i]);
                    break;
            }
        }

        return result.ToString();
    }
}

/// <summary>One condition on one field.</summary>
internal sealed record FieldTerm(string Field, string Value, bool Negated);
