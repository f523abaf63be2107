using System.Text.RegularExpressions;

namespace Fleet.KubeSim.Kinds;

/// <summary>The rules for names, labels and keys; each gives why a text is not allowed, in the server's words, or null.</summary>
public static partial class Names
{
    private const string SubdomainWords = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    private const string LabelWords = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
    private const string Label1035Words = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
    private const string NamePartWords = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    private const string LabelValueWords = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    private const string ConfigKeyWords = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

    public static string? Subdomain(string name) => TooLong(name, 253) ?? (SubdomainPattern().IsMatch(name) ? null : SubdomainWords);

    public static string? Label(string name) => TooLong(name, 63) ?? (LabelPattern().IsMatch(name) ? null : LabelWords);

    public static string? Label1035(string name) => TooLong(name, 63) ?? (Label1035Pattern().IsMatch(name) ? null : Label1035Words);

    /// <summary>Names of namespaces and others which must be labels, and say so first of dots.</summary>
    public static string? LabelWithoutDots(string name) => name.Contains('.', StringComparison.Ordinal) ? "must not contain dots" : Label(name);

    /// <summary>Names that only have to fit a path segment, as in RBAC.</summary>
    public static string? PathSegment(string name) => name switch
    {
        "." or ".." => $"may not be '{name}'",
        _ when name.Contains('/', StringComparison.Ordinal) => "may not contain '/'",
        _ when name.Contains('%', StringComparison.Ordinal) => "may not contain '%'",
        _ => null,
    };

    /// <summary>Keys of labels and annotations: an optional DNS prefix and a name.</summary>
    public static string? QualifiedName(string key)
    {
        var parts = key.Split('/');
        var name = parts[^1];
        if (parts.Length > 2)
        {
            return "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
        }

        if (parts.Length == 2)
        {
            if (parts[0].Length == 0)
            {
                return "prefix part must be non-empty";
            }

            if (Subdomain(parts[0]) is { } why)
            {
                return "prefix part " + why;
            }
        }

        return name.Length == 0 ? "name part must be non-empty"
            : TooLong(name, 63) is { } tooLong ? "name part " + tooLong
            : QualifiedPattern().IsMatch(name) ? null
            : NamePartWords;
    }

    public static string? LabelValue(string value) => TooLong(value, 63) ?? (value.Length == 0 || QualifiedPattern().IsMatch(value) ? null : LabelValueWords);

    public static string? ConfigKey(string key) =>
        TooLong(key, 253)
        ?? (!ConfigKeyPattern().IsMatch(key) ? ConfigKeyWords : null)
        ?? (key == "." ? "must not be '.'" : key == ".." ? "must not be '..'" : key.StartsWith("..", StringComparison.Ordinal) ? "must not start with '..'" : null);

    /// <summary>The rule for a generateName prefix: as the name, with a trailing dash allowed.</summary>
    public static string Prefix(string prefix) => prefix.EndsWith('-') && prefix.Length > 1 ? prefix[..^1] + "a" : prefix;

    public static string? TooLong(string text, int most) => text.Length > most ? $"must be no more than {most} characters" : null;

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex SubdomainPattern();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex LabelPattern();

    [GeneratedRegex("^[a-z]([-a-z0-9]*[a-z0-9])?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Label1035Pattern();

    [GeneratedRegex("^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\\z", RegexOptions.CultureInvariant)]
    private static partial Regex QualifiedPattern();

    [GeneratedRegex("^[-._a-zA-Z0-9]+\\z", RegexOptions.CultureInvariant)]
    private static partial Regex ConfigKeyPattern();
}
