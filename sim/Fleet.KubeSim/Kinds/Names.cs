using System.Text.RegularExpressions;

namespace Fleet.KubeSim.Kinds;

/// <summary>A rule for a text: every reason why it is not allowed, in the server's words and order; none when it is.</summary>
public delegate IReadOnlyList<string> TextRule(string text);

/// <summary>The rules for names, labels and keys, after util/validation/validation.go and api/validate/content of apimachinery.</summary>
public static partial class Names
{
    private const string SubdomainWords = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    private const string UnderscoreWords = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')";
    private const string WildcardWords = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    private const string LabelWords = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
    private const string Label1035Words = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
    private const string KeyWords = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    private const string LabelValueWords = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    private const string ConfigKeyWords = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
    private const string HeaderWords = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
    private const string PercentWords = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

    public static IReadOnlyList<string> Subdomain(string name) =>
        Reasons(TooLong(name, 253), SubdomainPattern().IsMatch(name) ? null : SubdomainWords);

    /// <summary>A subdomain whose parts may also hold underscores, as in DNS search paths.</summary>
    public static IReadOnlyList<string> SubdomainWithUnderscore(string name) =>
        Reasons(TooLong(name, 253), UnderscorePattern().IsMatch(name) ? null : UnderscoreWords);

    public static IReadOnlyList<string> WildcardSubdomain(string name) =>
        Reasons(TooLong(name, 253), name.StartsWith("*.", StringComparison.Ordinal) && SubdomainPattern().IsMatch(name[2..]) ? null : WildcardWords);

    public static IReadOnlyList<string> Label(string name) =>
        Reasons(TooLong(name, 63), LabelPattern().IsMatch(name) ? null : SubdomainPattern().IsMatch(name) ? "must not contain dots" : LabelWords);

    public static IReadOnlyList<string> Label1035(string name) =>
        Reasons(TooLong(name, 63), Label1035Pattern().IsMatch(name) ? null : Label1035Words);

    /// <summary>Names that only have to fit a path segment, as in RBAC.</summary>
    public static IReadOnlyList<string> PathSegment(string name) => name is "." or ".." ? [$"may not be '{name}'"] : Reasons(
        name.Contains('/', StringComparison.Ordinal) ? "may not contain '/'" : null,
        name.Contains('%', StringComparison.Ordinal) ? "may not contain '%'" : null);

    /// <summary>Keys of labels and annotations: an optional DNS prefix and a name.</summary>
    public static IReadOnlyList<string> QualifiedName(string key)
    {
        var parts = key.Split('/');
        if (parts.Length > 2)
        {
            return [$"a valid label key {KeyWords} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"];
        }

        List<string> reasons = [];
        if (parts.Length == 2)
        {
            reasons.AddRange(parts[0].Length == 0 ? ["prefix part must be non-empty"] : Subdomain(parts[0]).Select(r => "prefix part " + r));
        }

        var name = parts[^1];
        if (name.Length == 0)
        {
            reasons.Add("name part must be non-empty");
        }
        else if (TooLong(name, 63) is { } tooLong)
        {
            reasons.Add("name part " + tooLong);
        }

        if (!QualifiedPattern().IsMatch(name))
        {
            reasons.Add("name part " + KeyWords);
        }

        return reasons;
    }

    public static IReadOnlyList<string> LabelValue(string value) =>
        Reasons(TooLong(value, 63), value.Length == 0 || QualifiedPattern().IsMatch(value) ? null : LabelValueWords);

    public static IReadOnlyList<string> ConfigKey(string key) => Reasons(
        TooLong(key, 253), ConfigKeyPattern().IsMatch(key) ? null : ConfigKeyWords, DirectoryPrefix(key));

    /// <summary>Environment variables may have any printable ASCII name without an equals sign.</summary>
    public static IReadOnlyList<string> EnvironmentVariable(string name) =>
        name.Length == 0 ? ["environment variable name must be non-empty"]
        : name.All(c => c is >= ' ' and <= '~' and not '=') ? []
        : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];

    /// <summary>Names of ports, after RFC 6335.</summary>
    public static IReadOnlyList<string> PortName(string name) => Reasons(
        TooLong(name, 15),
        name.Length > 0 && name.All(c => c is '-' or (>= 'a' and <= 'z') or (>= '0' and <= '9')) ? null : "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        name.Any(c => c is >= 'a' and <= 'z') ? null : "must contain at least one letter (a-z)",
        name.Contains("--", StringComparison.Ordinal) ? "must not contain consecutive hyphens" : null,
        name.StartsWith('-') || name.EndsWith('-') ? "must not begin or end with a hyphen" : null);

    public static IReadOnlyList<string> HttpHeader(string name) =>
        name.Length > 0 && name.All(c => c == '-' || char.IsAsciiLetterOrDigit(c)) ? [] : [HeaderWords];

    public static IReadOnlyList<string> Percent(string text) =>
        text.Length > 1 && text[^1] == '%' && text[..^1].All(char.IsAsciiDigit) ? [] : [PercentWords];

    /// <summary>The rule for a generateName prefix: as the name, with a trailing dash allowed.</summary>
    public static string Prefix(string prefix) => prefix.EndsWith('-') && prefix.Length > 1 ? prefix[..^2] + "a" : prefix;

    private static string? TooLong(string text, int most) => text.Length > most ? $"must be no more than {most} characters" : null;

    private static string? DirectoryPrefix(string text) => text switch
    {
        "." => "must not be '.'",
        ".." => "must not be '..'",
        _ when text.StartsWith("..", StringComparison.Ordinal) => "must not start with '..'",
        _ => null,
    };

    private static string[] Reasons(params ReadOnlySpan<string?> reasons)
    {
        var count = 0;
        foreach (var reason in reasons)
        {
            count += reason is null ? 0 : 1;
        }

        if (count == 0)
        {
            return [];
        }

        var found = new string[count];
        var next = 0;
        foreach (var reason in reasons)
        {
            if (reason is not null)
            {
                found[next++] = reason;
            }
        }

        return found;
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex SubdomainPattern();

    [GeneratedRegex("^_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex UnderscorePattern();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex LabelPattern();

    [GeneratedRegex("^[a-z]([-a-z0-9]*[a-z0-9])?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Label1035Pattern();

    [GeneratedRegex("^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\\z", RegexOptions.CultureInvariant)]
    private static partial Regex QualifiedPattern();

    [GeneratedRegex("^[-._a-zA-Z0-9]+\\z", RegexOptions.CultureInvariant)]
    private static partial Regex ConfigKeyPattern();
}
