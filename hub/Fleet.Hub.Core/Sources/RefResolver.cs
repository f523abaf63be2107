namespace Fleet.Hub.Core.Sources;

/// <summary>Finds the commit that an Assignment's ref means, in what a remote advertises.</summary>
public static class RefResolver
{
    /// <summary>Resolves one ref.</summary>
    /// <param name="wanted">As the Assignment wrote it: a branch, a tag, refs/…, a full commit id, HEAD, or empty for HEAD.</param>
    /// <param name="advertised">Full ref name → object id; an annotated tag's commit is under its name with <c>^{}</c> behind it.</param>
    public static RefResolution Resolve(string wanted, IReadOnlyDictionary<string, string> advertised)
    {
        ArgumentNullException.ThrowIfNull(advertised);
        var name = string.IsNullOrWhiteSpace(wanted) ? "HEAD" : wanted.Trim();
        if (name == "HEAD")
        {
            return advertised.TryGetValue("HEAD", out var head)
                ? RefResolution.Found(head)
                : RefResolution.Missing(advertised.Count == 0
                    ? "The repository has no commits yet. Push one, or name a branch in spec.ref."
                    : "The remote names no HEAD branch. Name a branch in spec.ref.");
        }

        if (name.StartsWith("refs/", StringComparison.Ordinal))
        {
            return Peeled(name, advertised) is { } exact ? RefResolution.Found(exact) : NotThere(name, advertised);
        }

        // A branch wins over a tag of the same name, as it does for git clone --branch.
        if (Peeled("refs/heads/" + name, advertised) is { } branch)
        {
            return RefResolution.Found(branch);
        }

        if (Peeled("refs/tags/" + name, advertised) is { } tag)
        {
            return RefResolution.Found(tag);
        }

        return IsCommitId(name) ? RefResolution.Pinned(name.ToLowerInvariant()) : NotThere(name, advertised);
    }

    /// <summary>True for a full object id: 40 (SHA-1) or 64 (SHA-256) hex digits.</summary>
    public static bool IsCommitId(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length is 40 or 64 && text.All(char.IsAsciiHexDigit);
    }

    private static string? Peeled(string name, IReadOnlyDictionary<string, string> advertised) =>
        advertised.TryGetValue(name + "^{}", out var peeled) ? peeled
        : advertised.TryGetValue(name, out var direct) ? direct
        : null;

    private static RefResolution NotThere(string name, IReadOnlyDictionary<string, string> advertised)
    {
        var bare = name.StartsWith("refs/heads/", StringComparison.Ordinal) ? name["refs/heads/".Length..]
            : name.StartsWith("refs/tags/", StringComparison.Ordinal) ? name["refs/tags/".Length..] : name;
        var near = Near(bare, advertised);
        var hint = near.Length > 0 ? $" It has {string.Join(", ", near)}." : "";
        return RefResolution.Missing(
            $"The remote has no branch or tag '{name}'.{hint} Push it, or change spec.ref; what is deployed stays as it is.");
    }

    // Up to five branches, those that share the first letters first.
    private static string[] Near(string name, IReadOnlyDictionary<string, string> advertised) =>
    [
        .. advertised.Keys
            .Where(key => key.StartsWith("refs/heads/", StringComparison.Ordinal))
            .Select(key => key["refs/heads/".Length..])
            .OrderByDescending(key => SharedPrefix(key, name)).ThenBy(key => key, StringComparer.Ordinal)
            .Take(5),
    ];

    private static int SharedPrefix(string one, string other)
    {
        var length = Math.Min(one.Length, other.Length);
        for (var i = 0; i < length; i++)
        {
            if (one[i] != other[i])
            {
                return i;
            }
        }

        return length;
    }
}
