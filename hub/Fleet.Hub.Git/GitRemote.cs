using System.Text.RegularExpressions;

namespace Fleet.Hub.Git;

/// <summary>Where a repository is, and how it is opened.</summary>
/// <param name="Url">https, http, ssh or git@host:path; a file only where the options allow it.</param>
/// <param name="Credential">What opens it.</param>
/// <param name="CaBundle">PEM certificates trusted besides the system's; empty: none.</param>
public sealed partial record GitRemote(string Url, GitCredential Credential, string CaBundle = "")
{
    /// <summary>The URL without a user or password that somebody wrote into it.</summary>
    public string ShownUrl => UserInfo().Replace(Url, "$1");

    /// <summary>The protocol as git's GIT_ALLOW_PROTOCOL names it.</summary>
    public string Protocol =>
        Url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? "https"
        : Url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? "http"
        : Url.StartsWith("ssh://", StringComparison.OrdinalIgnoreCase) ? "ssh"
        : Scp().IsMatch(Url) ? "ssh"
        : Url.StartsWith("file://", StringComparison.OrdinalIgnoreCase) || Url.StartsWith('/') ? "file"
        : "";

    public override string ToString() => ShownUrl;

    [GeneratedRegex("^([a-z+]+://)[^/@]*@", RegexOptions.IgnoreCase)]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"^[A-Za-z0-9._-]+@[A-Za-z0-9._-]+:[^:]")]
    private static partial Regex Scp();
}

/// <summary>What opens a repository. Its text forms show no secret.</summary>
public abstract record GitCredential
{
    public static readonly GitCredential None = new NoCredential();

    public sealed record NoCredential : GitCredential;

    public sealed record Basic(string Username, string Password) : GitCredential
    {
        public override string ToString() => $"basic ({Username})";
    }

    public sealed record Ssh(string PrivateKey, string KnownHosts) : GitCredential
    {
        public override string ToString() => "ssh";
    }
}
