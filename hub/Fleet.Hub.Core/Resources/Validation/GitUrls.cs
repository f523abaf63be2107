namespace Fleet.Hub.Core.Resources.Validation;

/// <summary>The addresses that Git may be asked to fetch from.</summary>
internal static class GitUrls
{
    private const string Forms = "write https://host/path, http://host/path, ssh://user@host/path or user@host:path";

    /// <summary>What is wrong with an address, or null.</summary>
    public static string? Problem(string url)
    {
        if (url.Length == 0)
        {
            return $"An address is needed: {Forms}.";
        }

        // A leading hyphen would be an option to git, and "ext::" runs a program: only what is listed gets through.
        if (url.Length > 2048 || url[0] == '-' || url.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c == '\\'))
        {
            return $"{Quoting.Quote(url)} is not an address (too long, a leading hyphen, spaces or control characters): {Forms}.";
        }

        return url.Contains("://", StringComparison.Ordinal) ? UriProblem(url) : ScpProblem(url);
    }

    private static string? UriProblem(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri))
        {
            return $"{Quoting.Quote(WithoutUserInfo(url))} is not an address: {Forms}.";
        }

        if (uri.Scheme is not ("https" or "http" or "ssh"))
        {
            return $"{uri.Scheme}:// is not supported: {Forms}.";
        }

        if (uri.UserInfo.Contains(':', StringComparison.Ordinal) || (uri.Scheme != "ssh" && uri.UserInfo.Length > 0))
        {
            return "The address holds a user name or a password, which everyone who may read this resource would see: take it out, store it with fleetctl credential set NAME, and name it in spec.credential.";
        }

        if (uri.Host.Length == 0 || uri.Host[0] == '-' || uri.UserInfo.StartsWith('-'))
        {
            return $"{Quoting.Quote(url)} names no host: {Forms}.";
        }

        if (uri.AbsolutePath.Trim('/').Length == 0)
        {
            return $"{Quoting.Quote(url)} names no repository: add its path after the host.";
        }

        return uri.Query.Length + uri.Fragment.Length > 0
            ? "The address has a query or a fragment (? or #), which Git does not know: remove it. A branch goes into an Assignment's spec.ref."
            : null;
    }

    private static string? ScpProblem(string url)
    {
        var colon = url.IndexOf(':', StringComparison.Ordinal);
        var host = colon < 0 ? "" : url[..colon];
        var path = url[(colon + 1)..];
        var ok = host.Length > 0
            && path.Length > 0
            && path[0] is not (':' or '-')
            && host.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '@')
            && host.Count(c => c == '@') <= 1
            && host[^1] != '@'
            && host[host.IndexOf('@', StringComparison.Ordinal) + 1] != '-';
        return ok ? null : $"{Quoting.Quote(url)} is not an address of a Git repository: {Forms}.";
    }

    // The message must not repeat a password that was put into a broken address.
    private static string WithoutUserInfo(string url)
    {
        var at = url.LastIndexOf('@');
        return at < 0 ? url : "…" + url[at..];
    }
}
