namespace Fleet.Hub.Git.Processes;

/// <summary>Turns git's words into a reason and a next step. The words are git's under LC_ALL=C, curl's and OpenSSH's.</summary>
internal static class GitErrors
{
    private static readonly (GitFailureReason Reason, string[] Marks)[] Known =
    [
        (GitFailureReason.HostKeyUnknown, ["Host key verification failed", "No ED25519 host key is known", "No RSA host key is known", "No ECDSA host key is known"]),
        (GitFailureReason.AuthenticationFailed, ["Authentication failed", "could not read Username", "could not read Password", "Permission denied (", "error: 401", "error: 403", "HTTP Basic: Access denied", "terminal prompts disabled"]),
        (GitFailureReason.TlsUntrusted, ["SSL certificate problem", "server certificate verification failed", "certificate verify failed", "SSL: no alternative certificate", "certificate subject name", "gnutls_handshake() failed"]),
        (GitFailureReason.NotFound, ["repository not found", "Repository not found", "not found: did you run", "does not appear to be a git repository", "error: 404", "' not found"]),
        (GitFailureReason.Unreachable, ["Could not resolve host", "Could not connect", "Couldn't connect", "Failed to connect", "Connection refused", "Connection timed out", "Connection reset", "No route to host", "Network is unreachable", "unable to access", "early EOF", "the remote end hung up", "Could not read from remote repository", "Operation timed out", "error: 5"]),
        (GitFailureReason.ProtocolRefused, ["transport '", "not allowed", "protocol"]),
        (GitFailureReason.Corrupt, ["fsck error", "fatal: fsck", "index-pack failed", "bad object", "is corrupt", "SHA1 COLLISION"]),
    ];

    public static GitFailure Explain(GitRemote remote, GitOutput output, TimeSpan timeout)
    {
        if (output.TimedOut)
        {
            return new GitFailure(GitFailureReason.TimedOut, $"{remote.ShownUrl} did not answer within {timeout.TotalSeconds:0} s. The server hangs or the repository is very large; it is tried again.");
        }

        if (output.TooMuch)
        {
            return new GitFailure(GitFailureReason.TooMany, $"{remote.ShownUrl} names more refs than can be read. Delete refs that nobody needs, or use a smaller repository.");
        }

        var words = Words(output.Error, remote);
        var reason = Known.FirstOrDefault(k => k.Marks.Any(m => output.Error.Contains(m, StringComparison.Ordinal))).Reason;
        return new GitFailure(reason, reason switch
        {
            GitFailureReason.AuthenticationFailed when remote.Credential is GitCredential.NoCredential =>
                $"{remote.ShownUrl} asks for a credential, or does not exist. Store one with `fleetctl credential set NAME` and name it in spec.credential. (git: {words})",
            GitFailureReason.AuthenticationFailed => $"{remote.ShownUrl} refuses the credential. Replace it with `fleetctl credential set`, and check that it may read the repository. (git: {words})",
            GitFailureReason.TlsUntrusted => $"The certificate of {remote.ShownUrl} is not trusted. If its CA is your own, put the CA's PEM into spec.caBundle. (git: {words})",
            GitFailureReason.HostKeyUnknown => $"The SSH host key of {remote.ShownUrl} is not in the credential's known_hosts. Compare it out of band, then store it with `fleetctl credential set --known-hosts`. (git: {words})",
            GitFailureReason.NotFound => $"There is no repository at {remote.ShownUrl}, or the credential may not see it. Check spec.url. (git: {words})",
            GitFailureReason.Unreachable => $"{remote.ShownUrl} cannot be reached. Check the address and the network from the hub; it is tried again. (git: {words})",
            GitFailureReason.ProtocolRefused => $"{remote.ShownUrl} uses a protocol that is not allowed. Write an https, http or ssh URL. (git: {words})",
            GitFailureReason.Corrupt => $"{remote.ShownUrl} sent objects that Git's own check refuses; nothing of them is used. Run `git fsck` in the repository. (git: {words})",
            _ => $"git failed on {remote.ShownUrl}: {words}",
        });
    }

    /// <summary>The telling line of git's own words, without what was in the URL.</summary>
    private static string Words(string error, GitRemote remote)
    {
        var lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var line = lines.FirstOrDefault(l => l.StartsWith("fatal:", StringComparison.Ordinal)) ?? lines.LastOrDefault() ?? "no words";
        line = line.Replace(remote.Url, remote.ShownUrl, StringComparison.Ordinal);
        return line.Length > 300 ? line[..300] : line;
    }
}
