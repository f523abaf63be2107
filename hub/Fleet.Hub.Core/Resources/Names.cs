namespace Fleet.Hub.Core.Resources;

/// <summary>Kubernetes' syntax of names.</summary>
public static class Names
{
    /// <summary>Longest name of a resource of ours.</summary>
    public const int MaxLength = 63;

    /// <summary>What is wrong with a resource name (a DNS-1123 subdomain of at most 63 characters), or null.</summary>
    public static string? Problem(string name)
    {
        if (name.Length == 0)
        {
            return "A name is needed: lower-case letters, digits, - and ., such as web-prod.";
        }

        if (name.Length > MaxLength)
        {
            return $"The name has {name.Length} characters; at most {MaxLength} are allowed.";
        }

        return name.Split('.').All(IsLabel)
            ? null
            : $"{Quoting.Quote(name)} is not a name: use lower-case letters, digits, - and ., starting and ending with a letter or digit{Suggest(name)}.";
    }

    /// <summary>What is wrong with a DNS-1123 label (such as a namespace), or null.</summary>
    public static string? LabelProblem(string name, string what) => IsLabel(name)
        ? null
        : $"{Quoting.Quote(name)} is not a {what}: use at most 63 lower-case letters, digits and -, starting and ending with a letter or digit{Suggest(name)}.";

    /// <summary>True for a DNS-1123 label.</summary>
    public static bool IsLabel(string text) =>
        text.Length is > 0 and <= 63
        && IsAlphanumeric(text[0])
        && IsAlphanumeric(text[^1])
        && text.All(c => IsAlphanumeric(c) || c == '-');

    private static bool IsAlphanumeric(char c) => c is (>= 'a' and <= 'z') or (>= '0' and <= '9');

    private static string Suggest(string name)
    {
        var mended = new string([.. name.ToLowerInvariant().Select(c => IsAlphanumeric(c) || c == '.' ? c : '-')]).Trim('-', '.');
        return mended.Length is > 0 and <= 63 && mended != name && mended.Split('.').All(IsLabel) ? $", for instance {mended}" : "";
    }
}
