using System.Globalization;
using System.Text.RegularExpressions;

namespace Fleet.KubeSim.Schema.Cel;

/// <summary>CEL's operators and functions, and those of Kubernetes that rules use most.</summary>
internal static class CelFunctions
{
    private static readonly TimeSpan PatternLimit = TimeSpan.FromMilliseconds(200);

    public static object? Global(string name, object?[] arguments) => (name, arguments) switch
    {
        ("==", [var a, var b]) => CelValues.Same(a, b),
        ("!=", [var a, var b]) => !CelValues.Same(a, b),
        ("<", [var a, var b]) => CelValues.Compare(a, b) < 0,
        ("<=", [var a, var b]) => CelValues.Compare(a, b) <= 0,
        (">", [var a, var b]) => CelValues.Compare(a, b) > 0,
        (">=", [var a, var b]) => CelValues.Compare(a, b) >= 0,
        ("in", [var a, List<object?> list]) => list.Any(i => CelValues.Same(i, a)),
        ("in", [string a, Dictionary<string, object?> map]) => map.ContainsKey(a),
        ("+", [long a, long b]) => checked(a + b),
        ("+", [double a, double b]) => a + b,
        ("+", [string a, string b]) => a + b,
        ("+", [List<object?> a, List<object?> b]) => a.Concat(b).ToList(),
        ("+", [DateTimeOffset a, TimeSpan b]) => a + b,
        ("+", [TimeSpan a, TimeSpan b]) => a + b,
        ("-", [long a, long b]) => checked(a - b),
        ("-", [double a, double b]) => a - b,
        ("-", [DateTimeOffset a, DateTimeOffset b]) => a - b,
        ("-", [TimeSpan a, TimeSpan b]) => a - b,
        ("*", [long a, long b]) => checked(a * b),
        ("*", [double a, double b]) => a * b,
        ("/", [long, 0L]) => throw new CelException("division by zero"),
        ("/", [long a, long b]) => a / b,
        ("/", [double a, double b]) => a / b,
        ("%", [long, 0L]) => throw new CelException("modulus by zero"),
        ("%", [long a, long b]) => a % b,
        ("neg", [long a]) => -a,
        ("neg", [double a]) => -a,
        ("size", [var a]) => Size(a),
        ("int", [long a]) => a,
        ("int", [double a]) => (long)a,
        ("int", [string a]) => long.TryParse(a, CultureInfo.InvariantCulture, out var whole) ? whole : throw new CelException($"type conversion error from 'string' to 'int'"),
        ("uint", [long a]) => a,
        ("double", [long a]) => (double)a,
        ("double", [double a]) => a,
        ("double", [string a]) => double.TryParse(a, CultureInfo.InvariantCulture, out var number) ? number : throw new CelException("type conversion error from 'string' to 'double'"),
        ("string", [var a]) => CelValues.Text(a),
        ("dyn", [var a]) => a,
        ("type", [var a]) => TypeOf(a),
        ("duration", [string a]) => Duration(a),
        ("timestamp", [string a]) => DateTimeOffset.TryParse(a, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : throw new CelException("invalid timestamp"),
        ("isURL", [string a]) => Uri.TryCreate(a, UriKind.Absolute, out _),
        ("isIP", [string a]) => System.Net.IPAddress.TryParse(a, out _),
        ("isCIDR", [string a]) => System.Net.IPNetwork.TryParse(a, out _),
        ("url", [string a]) => Uri.TryCreate(a, UriKind.Absolute, out var url) ? url : throw new CelException($"URL parse error during conversion from string: parse {GoText.Quote(a)}: invalid URI for request"),
        ("ip", [string a]) => System.Net.IPAddress.TryParse(a, out var address) ? address : throw new CelException($"IP Address {GoText.Quote(a)} parse error during conversion from string: ParseAddr({GoText.Quote(a)}): unable to parse IP"),
        ("cidr", [string a]) => System.Net.IPNetwork.TryParse(a, out var network) ? network : throw new CelException($"network address parse error during conversion from string: netip.ParsePrefix({GoText.Quote(a)}): no '/'"),
        ("isQuantity", [string a]) => Quantity.Canonical(a) is not null,
        ("quantity", [string a]) => Quantity.Nanos(a) is { } nanos ? (double)nanos / 1e9 : throw new CelException("quantities must match the regular expression"),
        _ when arguments.Length is 1 or 2 && name is "==" or "+" or "-" or "*" or "/" or "%" or "<" or "in" => throw new CelException("no such overload"),
        _ => throw new CelUnknownException(name),
    };

    public static object? Method(string name, object? target, object?[] arguments) => (name, target, arguments) switch
    {
        ("size", _, []) => Size(target),
        ("startsWith", string a, [string b]) => a.StartsWith(b, StringComparison.Ordinal),
        ("endsWith", string a, [string b]) => a.EndsWith(b, StringComparison.Ordinal),
        ("contains", string a, [string b]) => a.Contains(b, StringComparison.Ordinal),
        ("matches", string a, [string b]) => Matches(a, b),
        ("find", string a, [string b]) => Regex.Match(a, b, RegexOptions.CultureInvariant, PatternLimit).Value,
        ("lowerAscii", string a, []) => a.ToLowerInvariant(),
        ("upperAscii", string a, []) => a.ToUpperInvariant(),
        ("trim", string a, []) => a.Trim(),
        ("replace", string a, [string b, string c]) => b.Length == 0 ? a : a.Replace(b, c, StringComparison.Ordinal),
        ("split", string a, [string b]) => a.Split(b).Cast<object?>().ToList(),
        ("indexOf", string a, [string b]) => (long)a.IndexOf(b, StringComparison.Ordinal),
        ("lastIndexOf", string a, [string b]) => (long)a.LastIndexOf(b, StringComparison.Ordinal),
        ("charAt", string a, [long b]) => b >= 0 && b < a.Length ? a[(int)b].ToString() : throw new CelException("index out of range"),
        ("substring", string a, [long b]) => b >= 0 && b <= a.Length ? a[(int)b..] : throw new CelException("index out of range"),
        ("substring", string a, [long b, long c]) => b >= 0 && c >= b && c <= a.Length ? a[(int)b..(int)c] : throw new CelException("index out of range"),
        ("reverse", string a, []) => string.Concat(a.Reverse()),
        ("findAll", string a, [string b]) => Regex.Matches(a, b, RegexOptions.CultureInvariant, PatternLimit).Select(m => (object?)m.Value).ToList(),
        ("isInteger", double a, []) => Math.Floor(a).Equals(a),
        ("asInteger", double a, []) => (long)a,
        ("asApproximateFloat", double a, []) => a,
        ("sign", double a, []) => (long)Math.Sign(a),
        ("add", double a, [double b]) => a + b,
        ("add", double a, [long b]) => a + b,
        ("sub", double a, [double b]) => a - b,
        ("sub", double a, [long b]) => a - b,
        ("getFullYear", DateTimeOffset a, []) => (long)a.UtcDateTime.Year,
        ("getMonth", DateTimeOffset a, []) => a.UtcDateTime.Month - 1L,
        ("getDate", DateTimeOffset a, []) => (long)a.UtcDateTime.Day,
        ("getDayOfWeek", DateTimeOffset a, []) => (long)a.UtcDateTime.DayOfWeek,
        ("getHours", DateTimeOffset a, []) => (long)a.UtcDateTime.Hour,
        ("getMinutes", DateTimeOffset a, []) => (long)a.UtcDateTime.Minute,
        ("getSeconds", DateTimeOffset a, []) => (long)a.UtcDateTime.Second,
        ("getScheme", Uri a, []) => a.Scheme,
        ("getHostname", Uri a, []) => a.Host,
        ("getHost", Uri a, []) => a.IsDefaultPort ? a.Host : a.Authority,
        ("getPort", Uri a, []) => a.IsDefaultPort ? "" : a.Port.ToString(CultureInfo.InvariantCulture),
        ("family", System.Net.IPAddress a, []) => a.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 4L : 6L,
        ("isLoopback", System.Net.IPAddress a, []) => System.Net.IPAddress.IsLoopback(a),
        ("isUnspecified", System.Net.IPAddress a, []) => a.Equals(System.Net.IPAddress.Any) || a.Equals(System.Net.IPAddress.IPv6Any),
        ("containsIP", System.Net.IPNetwork a, [System.Net.IPAddress b]) => a.Contains(b),
        ("containsIP", System.Net.IPNetwork a, [string b]) => System.Net.IPAddress.TryParse(b, out var inside) && a.Contains(inside),
        ("prefixLength", System.Net.IPNetwork a, []) => (long)a.PrefixLength,
        ("ip", System.Net.IPNetwork a, []) => a.BaseAddress,
        ("join", List<object?> a, []) => string.Concat(a.Select(CelValues.Text)),
        ("join", List<object?> a, [string b]) => string.Join(b, a.Select(CelValues.Text)),
        ("isSorted", List<object?> a, []) => a.Zip(a.Skip(1)).All(p => CelValues.Compare(p.First, p.Second) <= 0),
        ("sum", List<object?> a, []) => a.Aggregate((object?)0L, (sum, i) => sum is 0L && i is double ? i : Global("+", [sum, i])),
        ("min", List<object?> { Count: > 0 } a, []) => a.Aggregate((x, y) => CelValues.Compare(x, y) <= 0 ? x : y),
        ("max", List<object?> { Count: > 0 } a, []) => a.Aggregate((x, y) => CelValues.Compare(x, y) >= 0 ? x : y),
        ("indexOf", List<object?> a, [var b]) => (long)a.FindIndex(i => CelValues.Same(i, b)),
        ("hasValue", CelOptional a, []) => a.Present,
        ("value", CelOptional a, []) => a.Present ? a.Value : throw new CelException("optional.none() dereference"),
        ("orValue", CelOptional a, [var b]) => a.Present ? a.Value : b,
        ("or", CelOptional a, [CelOptional b]) => a.Present ? a : b,
        ("isGreaterThan", double a, [double b]) => a > b,
        ("isLessThan", double a, [double b]) => a < b,
        ("compareTo", double a, [double b]) => (long)a.CompareTo(b),
        ("getSeconds", TimeSpan a, []) => (long)a.TotalSeconds,
        ("getMinutes", TimeSpan a, []) => (long)a.TotalMinutes,
        ("getHours", TimeSpan a, []) => (long)a.TotalHours,
        _ => throw new CelUnknownException(name),
    };

    private static object Size(object? value) => value switch
    {
        string text => (long)text.EnumerateRunes().Count(),
        List<object?> list => (long)list.Count,
        Dictionary<string, object?> map => (long)map.Count,
        _ => throw new CelException("no such overload"),
    };

    private static string TypeOf(object? value) => value switch
    {
        null => "type:null_type",
        bool => "type:bool",
        long => "type:int",
        double => "type:double",
        string => "type:string",
        List<object?> => "type:list",
        _ => "type:map",
    };

    private static bool Matches(string text, string pattern)
    {
        try
        {
            return Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant, PatternLimit);
        }
        catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
        {
            throw new CelUnknownException("matches");
        }
    }

    public static bool TryDuration(string text, out TimeSpan duration)
    {
        try
        {
            duration = Duration(text);
            return true;
        }
        catch (Exception e) when (e is CelException or FormatException or OverflowException)
        {
            duration = default;
            return false;
        }
    }

    private static TimeSpan Duration(string text)
    {
        var total = TimeSpan.Zero;
        var match = Regex.Matches(text, "([0-9.]+)(ms|s|m|h)", RegexOptions.CultureInvariant, PatternLimit);
        if (match.Count == 0)
        {
            throw new CelException("invalid duration");
        }

        foreach (Match part in match)
        {
            var number = double.Parse(part.Groups[1].Value, CultureInfo.InvariantCulture);
            total += part.Groups[2].Value switch
            {
                "ms" => TimeSpan.FromMilliseconds(number),
                "s" => TimeSpan.FromSeconds(number),
                "m" => TimeSpan.FromMinutes(number),
                _ => TimeSpan.FromHours(number),
            };
        }

        return text.StartsWith('-') ? -total : total;
    }
}
