using System.Globalization;
using System.Text;

namespace Fleet.KubeSim.Schema.Cel;

internal enum CelTokenKind
{
    End,
    Name,
    Literal,
    Symbol,
}

internal readonly record struct CelToken(CelTokenKind Kind, string Text, object? Value, int At);

/// <summary>Cuts a CEL expression into tokens.</summary>
internal static class CelLexer
{
    private static readonly string[] Symbols = ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "?", ":", "(", ")", "[", "]", "{", "}", ",", ".", "+", "-", "*", "/", "%"];

    public static List<CelToken> Cut(string source)
    {
        var tokens = new List<CelToken>();
        for (var i = 0; i < source.Length;)
        {
            var c = source[i];
            if (char.IsWhiteSpace(c))
            {
                i++;
            }
            else if (c == '/' && i + 1 < source.Length && source[i + 1] == '/')
            {
                i = source.IndexOf('\n', i) is > 0 and var end ? end : source.Length;
            }
            else if (c is '"' or '\'' || (c is 'r' or 'R' or 'b' or 'B' && i + 1 < source.Length && source[i + 1] is '"' or '\''))
            {
                tokens.Add(Text(source, ref i));
            }
            else if (char.IsAsciiDigit(c))
            {
                tokens.Add(Number(source, ref i));
            }
            else if (char.IsAsciiLetter(c) || c == '_')
            {
                var start = i;
                while (i < source.Length && (char.IsAsciiLetterOrDigit(source[i]) || source[i] == '_'))
                {
                    i++;
                }

                var name = source[start..i];
                tokens.Add(name switch
                {
                    "true" => new CelToken(CelTokenKind.Literal, name, true, start),
                    "false" => new CelToken(CelTokenKind.Literal, name, false, start),
                    "null" => new CelToken(CelTokenKind.Literal, name, null, start),
                    "in" => new CelToken(CelTokenKind.Symbol, name, null, start),
                    _ => new CelToken(CelTokenKind.Name, name, null, start),
                });
            }
            else
            {
                var symbol = Symbols.FirstOrDefault(s => string.CompareOrdinal(source, i, s, 0, s.Length) == 0)
                    ?? throw new CelException($"Syntax error: token recognition error at: '{c}'", i);
                tokens.Add(new CelToken(CelTokenKind.Symbol, symbol, null, i));
                i += symbol.Length;
            }
        }

        tokens.Add(new CelToken(CelTokenKind.End, "<EOF>", null, source.Length));
        return tokens;
    }

    private static CelToken Number(string source, ref int i)
    {
        var start = i;
        if (source[i] == '0' && i + 1 < source.Length && source[i + 1] is 'x' or 'X')
        {
            i += 2;
            while (i < source.Length && char.IsAsciiHexDigit(source[i]))
            {
                i++;
            }

            return new CelToken(CelTokenKind.Literal, source[start..i], long.Parse(source[(start + 2)..i], NumberStyles.HexNumber, CultureInfo.InvariantCulture), start);
        }

        var fraction = false;
        while (i < source.Length && (char.IsAsciiDigit(source[i])
            || (source[i] == '.' && i + 1 < source.Length && char.IsAsciiDigit(source[i + 1]))
            || source[i] is 'e' or 'E'
            || (source[i] is '+' or '-' && source[i - 1] is 'e' or 'E')))
        {
            fraction |= !char.IsAsciiDigit(source[i]);
            i++;
        }

        var text = source[start..i];
        if (i < source.Length && source[i] is 'u' or 'U')
        {
            i++;
        }

        // Boxed apart: a whole number must not become a fraction.
        object value = fraction ? (object)double.Parse(text, CultureInfo.InvariantCulture)
            : long.TryParse(text, CultureInfo.InvariantCulture, out var whole) ? whole
            : throw new CelException($"Syntax error: invalid int literal {text}", start);
        return new CelToken(CelTokenKind.Literal, text, value, start);
    }

    private static CelToken Text(string source, ref int i)
    {
        var start = i;
        var raw = false;
        while (source[i] is not ('"' or '\''))
        {
            raw |= source[i] is 'r' or 'R';
            i++;
        }

        var quote = source[i].ToString();
        if (string.CompareOrdinal(source, i, new string(quote[0], 3), 0, 3) == 0)
        {
            quote = new string(quote[0], 3);
        }

        i += quote.Length;
        var text = new StringBuilder();
        while (true)
        {
            if (i >= source.Length)
            {
                throw new CelException("Syntax error: unterminated text", start);
            }

            if (string.CompareOrdinal(source, i, quote, 0, quote.Length) == 0)
            {
                i += quote.Length;
                return new CelToken(CelTokenKind.Literal, source[start..i], text.ToString(), start);
            }

            if (source[i] == '\\' && !raw && i + 1 < source.Length)
            {
                i++;
                text.Append(source[i] switch
                {
                    'n' => "\n",
                    't' => "\t",
                    'r' => "\r",
                    'u' when i + 4 < source.Length => ((char)int.Parse(source.AsSpan(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString(),
                    var other => other.ToString(),
                });
                i += source[i] == 'u' ? 5 : 1;
            }
            else
            {
                text.Append(source[i++]);
            }
        }
    }
}
