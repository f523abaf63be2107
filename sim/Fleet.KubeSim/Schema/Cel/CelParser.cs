namespace Fleet.KubeSim.Schema.Cel;

/// <summary>Reads a CEL expression; throws CelException where it is none.</summary>
internal sealed class CelParser
{
    private const int MaxDepth = 64;
    private static readonly string[][] Levels =
    [
        ["||"], ["&&"], ["==", "!=", "<=", ">=", "<", ">", "in"], ["+", "-"], ["*", "/", "%"],
    ];

    private readonly List<CelToken> _tokens;
    private int _next;
    private int _depth;

    private CelParser(List<CelToken> tokens)
    {
        _tokens = tokens;
    }

    public static CelNode Parse(string source)
    {
        var parser = new CelParser(CelLexer.Cut(source));
        var node = parser.Expression();
        return parser.Peek.Kind == CelTokenKind.End ? node : throw parser.Unexpected();
    }

    private CelToken Peek => _tokens[_next];

    private CelNode Expression()
    {
        if (++_depth > MaxDepth)
        {
            throw new CelException("expression recursion limit exceeded", Peek.At);
        }

        var node = Binary(0);
        if (Peek is { Kind: CelTokenKind.Symbol, Text: "?" })
        {
            var at = Take().At;
            var yes = Binary(0);
            Expect(":");
            node = new CelCall("?:", null, [node, yes, Expression()], at);
        }

        _depth--;
        return node;
    }

    private CelNode Binary(int level)
    {
        if (level == Levels.Length)
        {
            return Unary();
        }

        var node = Binary(level + 1);
        while (Peek.Kind == CelTokenKind.Symbol && Levels[level].Contains(Peek.Text))
        {
            var operation = Take();
            node = new CelCall(operation.Text, null, [node, Binary(level + 1)], operation.At);
        }

        return node;
    }

    private CelNode Unary()
    {
        if (Peek is { Kind: CelTokenKind.Symbol, Text: "!" or "-" })
        {
            var operation = Take();
            return new CelCall(operation.Text == "-" ? "neg" : "!", null, [Unary()], operation.At);
        }

        return Member(Primary());
    }

    private CelNode Member(CelNode node)
    {
        while (Peek.Kind == CelTokenKind.Symbol)
        {
            switch (Peek.Text)
            {
                case ".":
                    var dot = Take().At;
                    var optional = Accept("?");
                    var name = Take();
                    if (name.Kind != CelTokenKind.Name && name.Text is not ("in" or "true" or "false" or "null"))
                    {
                        throw new CelException($"Syntax error: unexpected '{name.Text}'", name.At);
                    }

                    node = !optional && Peek is { Kind: CelTokenKind.Symbol, Text: "(" }
                        ? new CelCall(name.Text, node, Arguments(), dot)
                        : new CelSelect(node, Unescaped(name.Text), optional, dot);
                    break;
                case "[":
                    var at = Take().At;
                    var maybe = Accept("?");
                    var key = Expression();
                    Expect("]");
                    node = new CelIndex(node, key, maybe, at);
                    break;
                default:
                    return node;
            }
        }

        return node;
    }

    private CelNode Primary()
    {
        var token = Take();
        switch (token)
        {
            case { Kind: CelTokenKind.Literal }:
                return new CelLiteral(token.Value, token.At);
            case { Kind: CelTokenKind.Name }:
                return Peek is { Kind: CelTokenKind.Symbol, Text: "(" }
                    ? new CelCall(token.Text, null, Arguments(), token.At)
                    : new CelName(token.Text, token.At);
            case { Kind: CelTokenKind.Symbol, Text: "(" }:
                var inner = Expression();
                Expect(")");
                return inner;
            case { Kind: CelTokenKind.Symbol, Text: "[" }:
                var items = new List<CelNode>();
                while (!Accept("]"))
                {
                    items.Add(Expression());
                    if (!Accept(","))
                    {
                        Expect("]");
                        break;
                    }
                }

                return new CelList(items, token.At);
            case { Kind: CelTokenKind.Symbol, Text: "{" }:
                var entries = new List<(CelNode, CelNode)>();
                while (!Accept("}"))
                {
                    var key = Expression();
                    Expect(":");
                    entries.Add((key, Expression()));
                    if (!Accept(","))
                    {
                        Expect("}");
                        break;
                    }
                }

                return new CelMap(entries, token.At);
            default:
                _next--;
                throw Unexpected();
        }
    }

    private List<CelNode> Arguments()
    {
        Expect("(");
        var arguments = new List<CelNode>();
        while (!Accept(")"))
        {
            arguments.Add(Expression());
            if (!Accept(","))
            {
                Expect(")");
                break;
            }
        }

        return arguments;
    }

    /// <summary>Property names that CEL does not allow are written with escapes.</summary>
    private static string Unescaped(string name)
    {
        if (!name.Contains("__", StringComparison.Ordinal))
        {
            return name;
        }

        var plain = name.Replace("__underscores__", "\0", StringComparison.Ordinal).Replace("__dot__", ".", StringComparison.Ordinal)
            .Replace("__dash__", "-", StringComparison.Ordinal).Replace("__slash__", "/", StringComparison.Ordinal);
        if (plain.Length > 4 && plain.StartsWith("__", StringComparison.Ordinal) && plain.EndsWith("__", StringComparison.Ordinal))
        {
            plain = plain[2..^2];
        }

        return plain.Replace("\0", "__", StringComparison.Ordinal);
    }

    private CelToken Take() => _tokens[_next < _tokens.Count - 1 ? _next++ : _next];

    private bool Accept(string symbol)
    {
        if (Peek.Kind != CelTokenKind.Symbol || Peek.Text != symbol)
        {
            return false;
        }

        _next++;
        return true;
    }

    private void Expect(string symbol)
    {
        if (!Accept(symbol))
        {
            throw Unexpected();
        }
    }

    private CelException Unexpected() => new($"Syntax error: mismatched input '{Peek.Text}'", Peek.At);
}
