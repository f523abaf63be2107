using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Fleet.KubeSim.Schema;

/// <summary>Kubernetes quantities (100m, 1Gi, 2e3) in their canonical form, exact to the nano.</summary>
public static partial class Quantity
{
    private const int NanoDigits = 9;

    private static readonly string[] BinarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    private static readonly Dictionary<string, int> DecimalExponents = new(StringComparer.Ordinal)
    {
        ["n"] = -9, ["u"] = -6, ["m"] = -3, [""] = 0, ["k"] = 3, ["M"] = 6, ["G"] = 9, ["T"] = 12, ["P"] = 15, ["E"] = 18,
    };

    /// <summary>What the server answers for a text that is no quantity.</summary>
    public const string SyntaxError = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

    /// <summary>The canonical text: no fractions, the largest suffix that leaves a whole number; null when it is no quantity.</summary>
    public static string? Canonical(string text)
    {
        if (Parse(text) is not { } parsed)
        {
            return null;
        }

        var (nanos, format, _) = parsed;
        var unit = BigInteger.Pow(10, NanoDigits);
        if (nanos.IsZero)
        {
            return "0";
        }

        if (format == 'b' && nanos % unit == 0 && BigInteger.Abs(nanos) >= 1024 * unit)
        {
            var whole = nanos / unit;
            var power = 0;
            while (power < BinarySuffixes.Length - 1 && whole % 1024 == 0)
            {
                whole /= 1024;
                power++;
            }

            return whole.ToString(CultureInfo.InvariantCulture) + BinarySuffixes[power];
        }

        var (digits, exponent) = (nanos, -NanoDigits);
        while (digits % 1000 == 0 && exponent < 18)
        {
            digits /= 1000;
            exponent += 3;
        }

        var suffix = format == 'e'
            ? exponent == 0 ? "" : "e" + exponent.ToString(CultureInfo.InvariantCulture)
            : DecimalExponents.First(p => p.Value == exponent).Key;
        return digits.ToString(CultureInfo.InvariantCulture) + suffix;
    }

    /// <summary>The value in billionths; null when the text is no quantity.</summary>
    public static BigInteger? Nanos(string? text) => text is null ? null : Parse(text)?.Nanos;

    private static (BigInteger Nanos, char Format, int Scale)? Parse(string text)
    {
        var match = Pattern().Match(text);
        if (!match.Success)
        {
            return null;
        }

        var number = match.Groups[2].Value;
        var dot = number.IndexOf('.', StringComparison.Ordinal);
        var fraction = dot < 0 ? "" : number[(dot + 1)..];
        var digits = (dot < 0 ? number : number[..dot]) + fraction;
        if (digits.Length is 0 or > 60 || !BigInteger.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return null;
        }

        var suffix = match.Groups[3].Value;
        var scale = -fraction.Length;
        var format = 'd';
        BigInteger factor = 1;
        if (suffix.Length == 2 && suffix[1] == 'i')
        {
            var power = Array.IndexOf(BinarySuffixes, suffix);
            if (power < 0)
            {
                return null;
            }

            format = 'b';
            factor = BigInteger.Pow(1024, power);
        }
        else if (DecimalExponents.TryGetValue(suffix, out var exponent))
        {
            scale += exponent;
        }
        else if (suffix[0] is 'e' or 'E' && int.TryParse(suffix[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var power) && Math.Abs(power) < 100)
        {
            format = 'e';
            scale += power;
        }
        else
        {
            return null;
        }

        value *= factor;
        var shift = scale + NanoDigits;
        if (shift >= 0)
        {
            value *= BigInteger.Pow(10, shift);
        }
        else
        {
            // Finer than a billionth: rounded up, away from zero.
            value = BigInteger.DivRem(value, BigInteger.Pow(10, -shift), out var rest);
            value += rest.IsZero ? 0 : 1;
        }

        return (match.Groups[1].Value == "-" ? -value : value, format, scale);
    }

    [GeneratedRegex("^([+-]?)([0-9]+\\.?[0-9]*|\\.[0-9]+)([eEinumkKMGTP]*[-+]?[0-9]*)$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
