namespace Fleet.Hub.Core.Resources;

/// <summary>Kubernetes' syntax of label and annotation keys and of label values.</summary>
public static class LabelSyntax
{
    /// <summary>What is wrong with a key, or null: [prefix/]name, the prefix a DNS subdomain, the name at most 63 characters.</summary>
    public static string? KeyProblem(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var prefix = slash < 0 ? null : key[..slash];
        var name = key[(slash + 1)..];
        if (prefix is not null && (prefix.Length is 0 or > 253 || !prefix.Split('.').All(Names.IsLabel)))
        {
            return $"{Quoting.Quote(key)} is not a label key: what stands before the / must be a DNS name in lower case, such as example.com/team.";
        }

        return IsQualifiedName(name)
            ? null
            : $"{Quoting.Quote(key)} is not a label key: use 1 to 63 letters, digits, -, _ and ., starting and ending with a letter or digit, such as team or example.com/team.";
    }

    /// <summary>What is wrong with a label value, or null: empty, or at most 63 characters.</summary>
    public static string? ValueProblem(string value) => value.Length == 0 || IsQualifiedName(value)
        ? null
        : $"{Quoting.Quote(value)} is not a label value: use at most 63 letters, digits, -, _ and ., starting and ending with a letter or digit, or leave it empty.";

    private static bool IsQualifiedName(string text) =>
        text.Length is > 0 and <= 63
        && char.IsAsciiLetterOrDigit(text[0])
        && char.IsAsciiLetterOrDigit(text[^1])
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
