namespace Fleet.Agent.Hosting;

/// <summary>What a cluster may be called: a DNS-1123 subdomain of at most 63 characters.</summary>
internal static class ClusterNames
{
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= 63
        && char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1])
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.')
        && !name.Contains("..", StringComparison.Ordinal) && !name.Contains(".-", StringComparison.Ordinal) && !name.Contains("-.", StringComparison.Ordinal);
}
