using System.Globalization;
using Fleet.KubeSim.Kinds;

namespace Fleet.KubeSim.Selectors;

/// <summary>Parses the text form of label selectors, with the server's own words for mistakes.</summary>
internal ref struct LabelSelectorParser
{
    private readonly ReadOnlySpan<char> _text;
    private int _at;

    private LabelSelectorParser(string text)
    {
        _text = text;
    }

    /// <summary>The selector, or the server's message in <paramref name="error"/>.</summary>
    public static LabelSelector? Parse(string text, out string? error)
    {
        var parser = new LabelSelectorParser(text);
        try
        {
            error = null;
            return parser.ParseAll();
        }
        catch (FormatException e)
        {
            error = e.Message;
            return null;
        }
    }

    private LabelSelector ParseAll()
    {
        var requirements = new List<LabelRequirement>();
        if (Peek().Length == 0)
        {
            return LabelSelector.Everything;
        }

        while (true)
        {
            requirements.Add(Validated(ParseRequirement()));
            var token = Next();
            switch (token)
            {
                case "":
                    return new LabelSelector(requirements);
                case ",":
                    if (Peek() is var next && (IsSpecial(next) && next != "!"))
                    {
                        throw new FormatException($"found '{next}', expected: identifier after ','");
                    }

                    continue;
                default:
                    throw new FormatException($"found '{token}', expected: ',' or 'end of string'");
            }
        }
    }

    private static LabelRequirement Validated(LabelRequirement requirement)
    {
        var errors = new List<FieldError>();
        errors.AddRange(Names.QualifiedName(requirement.Key).Select(bad => FieldError.Invalid("key", requirement.Key, bad)));

        var (path, values) = ("values", requirement.Values);
        if (requirement.Operator is LabelOperator.GreaterThan or LabelOperator.LessThan
            && !long.TryParse(values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
        {
            errors.Add(FieldError.Invalid($"{path}[0]", values[0], "for 'Gt', 'Lt' operators, the value must be an integer"));
        }

        for (var i = 0; i < values.Count; i++)
        {
            var (value, field) = (values[i], $"{path}[{i}][{requirement.Key}]");
            errors.AddRange(Names.LabelValue(value).Select(bad => FieldError.Invalid(field, value, bad)));
        }

        return errors.Count == 0 ? requirement : throw new FormatException($"unable to parse requirement: {FieldError.Summary(errors)}");
    }

    private LabelRequirement ParseRequirement()
    {
        var key = Next();
        var absent = key == "!";
        if (absent)
        {
            key = Next();
        }

        if (IsSpecial(key))
        {
            throw new FormatException($"unable to parse requirement: found '{key}', expected: identifier");
        }

        if (absent)
        {
            return new LabelRequirement(key, LabelOperator.DoesNotExist, []);
        }

        if (Peek() is "" or ",")
        {
            return new LabelRequirement(key, LabelOperator.Exists, []);
        }

        var op = Next();
        return op switch
        {
            "in" => new LabelRequirement(key, LabelOperator.In, ParseValues()),
            "notin" => new LabelRequirement(key, LabelOperator.NotIn, ParseValues()),
            "=" or "==" => new LabelRequirement(key, LabelOperator.In, [ParseValue()]),
            "!=" => new LabelRequirement(key, LabelOperator.NotIn, [ParseValue()]),
            ">" => new LabelRequirement(key, LabelOperator.GreaterThan, [ParseValue()]),
            "<" => new LabelRequirement(key, LabelOperator.LessThan, [ParseValue()]),
            _ => throw new FormatException($"unable to parse requirement: found '{op}', expected: in, notin, =, ==, !=, gt, lt"),
        };
    }

    private string ParseValue()
    {
        if (Peek() is "" or ",")
        {
            return "";
        }

        var value = Next();
        return IsSpecial(value)
            ? throw new FormatException($"unable to parse requirement: found '{value}', expected: identifier")
            : value;
    }

    private List<string> ParseValues()
    {
        if (Next() is var open && open != "(")
        {
            throw new FormatException($"unable to parse requirement: found '{open}', expected: '('");
        }

        var values = new List<string>();
        while (true)
        {
            var token = Next();
            if (token == ")")
            {
                if (values.Count == 0)
                {
                    values.Add("");
                }

                return [.. values.Distinct().Order(StringComparer.Ordinal)];
            }

            if (token == ",")
            {
                if (Peek() is "," or ")")
                {
                    values.Add("");
                }

                continue;
            }

            if (token.Length == 0)
            {
                throw new FormatException("unable to parse requirement: found '', expected: ',', ')' or identifier");
            }

            values.Add(token);
        }
    }

    private static bool IsSpecial(string token) => token is "" or "," or "(" or ")" or "!" or "=" or "==" or "!=" or ">" or "<";

    private string Peek()
    {
        var before = _at;
        var token = Next();
        _at = before;
        return token;
    }

    private string Next()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }

        if (_at >= _text.Length)
        {
            return "";
        }

        var start = _at;
        if (IsSymbol(_text[_at]))
        {
            _at++;
            if (_text[start] is '=' or '!' && _at < _text.Length && _text[_at] == '=')
            {
                _at++;
            }

            return _text[start.._at].ToString();
        }

        while (_at < _text.Length && !IsSymbol(_text[_at]) && !char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }

        return _text[start.._at].ToString();
    }

    private static bool IsSymbol(char c) => c is '=' or '!' or '(' or ')' or ',' or '>' or '<';
}
