using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;

namespace Fleet.Rendering.Yaml;

/// <summary>
/// What an unquoted word means to Kubernetes: YAML 1.1 as go-yaml v2 (sigs.k8s.io/yaml) resolves it, so <c>y</c> is true,
/// <c>0777</c> is 511, <c>1_000</c> is 1000, while dates and <c>12:30</c> stay strings.
/// </summary>
internal static class PlainScalar
{
    /// <summary>The value, or null for null; false only for a number that JSON has no form for (<c>.inf</c>, <c>.nan</c>).</summary>
    public static bool TryResolve(string s, out JsonNode? value)
    {
        value = null;
        switch (s)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return true;
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                value = JsonValue.Create(true);
                return true;
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                value = JsonValue.Create(false);
                return true;
            case ".nan" or ".NaN" or ".NAN" or ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF":
                return false;
        }
        if (s[0] is '+' or '-' or '.' or (>= '0' and <= '9') && !IsDate(s))
        {
            var digits = s.Contains('_') ? s.Replace("_", "", StringComparison.Ordinal) : s;
            if (Integer(digits) is { } number) { value = number; return true; }
            if (IsFloat(digits) && double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var d) && double.IsFinite(d))
            {
                value = JsonValue.Create(d);
                return true;
            }
        }
        value = JsonValue.Create(s);
        return true;
    }

    private static JsonValue? Integer(string s)
    {
        var negative = s.StartsWith('-');
        var body = s.AsSpan(negative || s.StartsWith('+') ? 1 : 0);
        if (body.Length == 0 || !char.IsAsciiDigit(body[0])) return null;
        ulong magnitude;
        var ok = body switch
        {
            ['0', 'x' or 'X', .. var hex] => ulong.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out magnitude),
            ['0', 'b' or 'B', .. var bits] => Radix(bits, 2, out magnitude),
            ['0', 'o' or 'O', .. var octal] => Radix(octal, 8, out magnitude),
            ['0', .. { Length: > 0 } octal] => Radix(octal, 8, out magnitude),
            _ => ulong.TryParse(body, NumberStyles.None, CultureInfo.InvariantCulture, out magnitude),
        };
        if (!ok) return null;
        if (!negative) return magnitude <= long.MaxValue ? JsonValue.Create((long)magnitude) : JsonValue.Create(magnitude);
        return magnitude <= 1UL << 63 ? JsonValue.Create(unchecked(-(long)magnitude)) : null;
    }

    private static bool Radix(ReadOnlySpan<char> digits, int radix, out ulong value)
    {
        BigInteger sum = 0;
        value = 0;
        if (digits.Length is 0 or > 64) return false;
        foreach (var c in digits)
        {
            var d = c - '0';
            if (d < 0 || d >= radix) return false;
            sum = (sum * radix) + d;
        }
        if (sum > ulong.MaxValue) return false;
        value = (ulong)sum;
        return true;
    }

    /// <summary><c>[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?</c></summary>
    private static bool IsFloat(string s)
    {
        var i = s[0] is '+' or '-' ? 1 : 0;
        var whole = Digits(s, ref i);
        var part = 0;
        if (i < s.Length && s[i] == '.')
        {
            i++;
            part = Digits(s, ref i);
        }
        if (whole + part == 0) return false;
        if (i < s.Length && s[i] is 'e' or 'E')
        {
            i++;
            if (i < s.Length && s[i] is '+' or '-') i++;
            if (Digits(s, ref i) == 0) return false;
        }
        return i == s.Length;
    }

    private static int Digits(string s, ref int i)
    {
        var start = i;
        while (i < s.Length && char.IsAsciiDigit(s[i])) i++;
        return i - start;
    }

    private static bool IsDate(string s) =>
        s.Length >= 6 && s[4] == '-' && char.IsAsciiDigit(s[5]) && s.AsSpan(0, 4).IndexOfAnyExceptInRange('0', '9') < 0;
}
