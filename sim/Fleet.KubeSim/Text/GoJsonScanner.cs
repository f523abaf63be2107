using System.Globalization;

namespace Fleet.KubeSim.Text;

/// <summary>Finds the first mistake in a JSON text and words it as Go's scanner does; it builds nothing.</summary>
internal ref struct GoJsonScanner(ReadOnlySpan<byte> text)
{
    private const string End = "unexpected end of JSON input";
    private readonly ReadOnlySpan<byte> _text = text;
    private int _at;

    /// <summary>The mistake, or null where the text is JSON.</summary>
    public static string? Explain(ReadOnlySpan<byte> text)
    {
        var scanner = new GoJsonScanner(text);
        var error = scanner.Value();
        if (error is not null)
        {
            return error;
        }

        scanner.Skip();
        return scanner._at < text.Length ? scanner.Unexpected("after top-level value") : null;
    }

    private string? Value()
    {
        Skip();
        if (_at >= _text.Length)
        {
            return End;
        }

        switch (_text[_at])
        {
            case (byte)'{':
                _at++;
                return Map();
            case (byte)'[':
                _at++;
                return List();
            case (byte)'"':
                _at++;
                return String();
            case (byte)'t':
                return Literal("true");
            case (byte)'f':
                return Literal("false");
            case (byte)'n':
                return Literal("null");
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                return Number();
            default:
                return Unexpected("looking for beginning of value");
        }
    }

    private string? Map()
    {
        for (var first = true; ; first = false)
        {
            Skip();
            if (_at < _text.Length && _text[_at] == '}' && first)
            {
                _at++;
                return null;
            }

            if (Take('"', "looking for beginning of object key string") is { } noKey)
            {
                return noKey;
            }

            if (String() is { } badKey)
            {
                return badKey;
            }

            Skip();
            if ((Take(':', "after object key") ?? Value()) is { } error)
            {
                return error;
            }

            Skip();
            if (_at < _text.Length && _text[_at] == '}')
            {
                _at++;
                return null;
            }

            if (Take(',', "after object key:value pair") is { } more)
            {
                return more;
            }
        }
    }

    private string? List()
    {
        for (var first = true; ; first = false)
        {
            Skip();
            if (_at < _text.Length && _text[_at] == ']' && first)
            {
                _at++;
                return null;
            }

            if (Value() is { } error)
            {
                return error;
            }

            Skip();
            if (_at < _text.Length && _text[_at] == ']')
            {
                _at++;
                return null;
            }

            if (Take(',', "after array element") is { } more)
            {
                return more;
            }
        }
    }

    private string? String()
    {
        while (_at < _text.Length)
        {
            switch (_text[_at])
            {
                case (byte)'"':
                    _at++;
                    return null;
                case (byte)'\\':
                    _at++;
                    if (Escape() is { } error)
                    {
                        return error;
                    }

                    break;
                case < 0x20:
                    return Unexpected("in string literal");
                default:
                    _at++;
                    break;
            }
        }

        return End;
    }

    private string? Escape()
    {
        if (_at >= _text.Length)
        {
            return End;
        }

        if (_text[_at] != 'u')
        {
            return "bfnrt\\/\"".Contains((char)_text[_at++], StringComparison.Ordinal) ? null : UnexpectedAt(_at - 1, "in string escape code");
        }

        _at++;
        for (var i = 0; i < 4; i++, _at++)
        {
            if (_at >= _text.Length)
            {
                return End;
            }

            if (!char.IsAsciiHexDigit((char)_text[_at]))
            {
                return Unexpected("in \\u hexadecimal character escape");
            }
        }

        return null;
    }

    private string? Literal(string word)
    {
        for (var i = 0; i < word.Length; i++, _at++)
        {
            if (_at >= _text.Length)
            {
                return End;
            }

            if (_text[_at] != word[i])
            {
                return Unexpected($"in literal {word} (expecting '{word[i]}')");
            }
        }

        return null;
    }

    private string? Number()
    {
        if (_text[_at] == '-')
        {
            _at++;
            if (!AtDigit())
            {
                return Unexpected("in numeric literal");
            }
        }

        if (_text[_at] == '0')
        {
            _at++;
        }
        else
        {
            Digits();
        }

        if (_at < _text.Length && _text[_at] == '.')
        {
            _at++;
            if (!AtDigit())
            {
                return Unexpected("after decimal point in numeric literal");
            }

            Digits();
        }

        if (_at < _text.Length && _text[_at] is (byte)'e' or (byte)'E')
        {
            _at++;
            if (_at < _text.Length && _text[_at] is (byte)'+' or (byte)'-')
            {
                _at++;
            }

            if (!AtDigit())
            {
                return Unexpected("in exponent of numeric literal");
            }

            Digits();
        }

        return null;
    }

    private readonly bool AtDigit() => _at < _text.Length && char.IsAsciiDigit((char)_text[_at]);

    private void Digits()
    {
        while (AtDigit())
        {
            _at++;
        }
    }

    private string? Take(char expected, string where)
    {
        if (_at >= _text.Length || _text[_at] != expected)
        {
            return Unexpected(where);
        }

        _at++;
        return null;
    }

    private void Skip()
    {
        while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            _at++;
        }
    }

    private readonly string Unexpected(string where) => UnexpectedAt(_at, where);

    private readonly string UnexpectedAt(int at, string where) => at >= _text.Length ? End : $"invalid character {Quoted((char)_text[at])} {where}";

    /// <summary>A byte as Go quotes it; those above ASCII are taken for the character of the same number.</summary>
    private static string Quoted(char c) => c switch
    {
        '\'' => "'\\''",
        '"' => "'\"'",
        '\\' => "'\\\\'",
        '\a' => "'\\a'",
        '\b' => "'\\b'",
        '\f' => "'\\f'",
        '\n' => "'\\n'",
        '\r' => "'\\r'",
        '\t' => "'\\t'",
        '\v' => "'\\v'",
        < ' ' or '\u007f' => string.Create(CultureInfo.InvariantCulture, $"'\\x{(int)c:x2}'"),
        >= '\u0080' and <= '\u00a0' or '\u00ad' => string.Create(CultureInfo.InvariantCulture, $"'\\u{(int)c:x4}'"),
        _ => $"'{c}'",
    };
}
