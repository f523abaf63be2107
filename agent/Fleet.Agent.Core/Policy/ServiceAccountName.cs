namespace Fleet.Agent.Core.Policy;

/// <summary>A Kubernetes ServiceAccount by namespace and name, and nothing that only looks like one.</summary>
public sealed record ServiceAccountName(string Namespace, string Name)
{
    private const int MaxLabel = 63;
    private const int MaxSubdomain = 253;

    /// <summary>The user name that the API server knows it by; it alone goes into the Impersonate-User header, and never a group.</summary>
    public string User => $"system:serviceaccount:{Namespace}:{Name}";

    /// <summary>
    /// Reads "namespace/name". Both become part of a header, so only what Kubernetes itself allows in such names passes:
    /// no line breaks, no colons (system:masters), no second slash.
    /// </summary>
    public static ServiceAccountName? TryParse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0) return null;
        var (ns, name) = (text[..slash], text[(slash + 1)..]);
        return IsLabel(ns) && name.Length <= MaxSubdomain && name.Split('.').All(IsLabel) ? new(ns, name) : null;
    }

    public override string ToString() => $"{Namespace}/{Name}";

    private static bool IsLabel(string s) =>
        s.Length is > 0 and <= MaxLabel && s[0] != '-' && s[^1] != '-' && s.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
