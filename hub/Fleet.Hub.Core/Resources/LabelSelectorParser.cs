using Fleet.V1;

namespace Fleet.Hub.Core.Resources;

/// <summary>Reads the string form of label selectors: <c>env in (prod,staging),tier!=db,!legacy,canary</c>.</summary>
public static class LabelSelectorParser
{
    private const int MaxLength = 4096;

    /// <summary>The selector, or what is wrong with it. An empty string selects all.</summary>
    public static (LabelSelector? Selector, string? Problem) Parse(string text)
    {
        if (text.Length > MaxLength)
        {
            return (null, $"The selector has {text.Length} characters; at most {MaxLength} are allowed.");
        }

        var selector = new LabelSelector();
        foreach (var term in SplitTerms(text))
        {
            var (requirement, problem) = ParseTerm(term.Trim());
            if (problem is not null)
            {
                return (null, problem);
            }

            if (requirement is not null)
            {
                selector.MatchExpressions.Add(requirement);
            }
        }

        return (selector, null);
    }

    private static IEnumerable<string> SplitTerms(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            yield break;
        }

        var (start, depth) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (text[i] == ',' && depth <= 0)
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        yield return text[start..];
    }

    private static (LabelSelectorRequirement?, string?) ParseTerm(string term)
    {
        if (term.Length == 0)
        {
            return (null, "A term of the selector is empty: separate terms by single commas, such as env=prod,tier=web.");
        }

        if (term[0] == '!')
        {
            return Make(term[1..].Trim(), "DoesNotExist", []);
        }

        // The longest operator first: "!=" holds "=".
        foreach (var (sign, name) in (ReadOnlySpan<(string, string)>)[("!=", "NotIn"), ("==", "In"), ("=", "In")])
        {
            var at = term.IndexOf(sign, StringComparison.Ordinal);
            if (at >= 0)
            {
                return Make(term[..at].Trim(), name, [term[(at + sign.Length)..].Trim()]);
            }
        }

        var space = term.IndexOfAny([' ', '\t']);
        return space < 0 ? Make(term, "Exists", []) : ParseSet(term[..space], term[space..].Trim(), term);
    }

    private static (LabelSelectorRequirement?, string?) ParseSet(string key, string rest, string term)
    {
        var open = rest.IndexOf('(', StringComparison.Ordinal);
        var name = (open < 0 ? rest : rest[..open]).Trim() switch { "in" => "In", "notin" => "NotIn", _ => null };
        if (name is null || open < 0 || rest[^1] != ')')
        {
            return (null, $"{Quoting.Quote(term)} is not a selector term: write key=value, key!=value, key in (a,b), key notin (a,b), key or !key.");
        }

        return Make(key, name, [.. rest[(open + 1)..^1].Split(',').Select(v => v.Trim())]);
    }

    private static (LabelSelectorRequirement?, string?) Make(string key, string name, string[] values)
    {
        var problem = LabelSyntax.KeyProblem(key) ?? values.Select(LabelSyntax.ValueProblem).FirstOrDefault(p => p is not null);
        return problem is null
            ? (new LabelSelectorRequirement { Key = key, Operator = name, Values = { values } }, null)
            : (null, problem);
    }
}
