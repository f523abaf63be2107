using Fleet.Hub.Git.Processes;

namespace Fleet.Hub.Git;

public sealed partial class GitMirror
{
    /// <summary>The remote's heads and tags, and where its HEAD points; nothing is written.</summary>
    public async Task<GitResult<RemoteRefs>> LsRemoteAsync(GitRemote remote, CancellationToken cancellationToken)
    {
        if (Refused(remote) is { } refused)
        {
            return refused;
        }

        using var environment = GitEnvironment.For(remote);
        var output = await _git.RunAsync(Path.GetTempPath(), environment, _options.LsRemoteTimeout,
            ["ls-remote", "--symref", "--", remote.Url, "HEAD", "refs/heads/*", "refs/tags/*"], cancellationToken);
        return output.ExitCode == 0 && !output.TooMuch ? Parse(output.Text) : GitErrors.Explain(remote, output, _options.LsRemoteTimeout);
    }

    /// <summary>Brings heads and tags, then single commits that are still missing. False: all of the commits were there already, and nothing was fetched.</summary>
    public async Task<GitResult<bool>> FetchAsync(GitRemote remote, IReadOnlyCollection<string> commits, CancellationToken cancellationToken)
    {
        if (Refused(remote) is { } refused)
        {
            return refused;
        }

        await _fetching.WaitAsync(cancellationToken);
        try
        {
            if (commits.Count > 0 && (await AbsentAsync(commits, cancellationToken)).Count == 0)
            {
                return false;
            }

            if (await CreateAsync(commits.Any(c => c.Length == 64), cancellationToken) is { } failure)
            {
                return failure;
            }

            return await FetchRefsAsync(remote, ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"], prune: true, cancellationToken) is { } failed
                ? failed
                : await FetchSinglesAsync(remote, commits, cancellationToken);
        }
        finally
        {
            _fetching.Release();
        }
    }

    private async Task<GitResult<bool>> FetchSinglesAsync(GitRemote remote, IReadOnlyCollection<string> commits, CancellationToken cancellationToken)
    {
        foreach (var commit in await AbsentAsync(commits, cancellationToken))
        {
            // Servers may refuse ids that no ref names; then the commit counts as missing.
            if (await FetchRefsAsync(remote, [commit], prune: false, cancellationToken) is { } failure)
            {
                return failure.Reason is GitFailureReason.Failed or GitFailureReason.Unreachable or GitFailureReason.ProtocolRefused ? Missing(commit) : failure;
            }
        }

        return true;
    }

    private async Task<GitFailure?> FetchRefsAsync(GitRemote remote, string[] refspecs, bool prune, CancellationToken cancellationToken)
    {
        using var environment = GitEnvironment.For(remote);
        string[] arguments = ["fetch", "--quiet", "--force", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance", prune ? "--prune" : "--no-prune", "--", remote.Url, .. refspecs];
        var output = await _git.RunAsync(Folder, environment, _options.FetchTimeout, arguments, cancellationToken);
        return output.ExitCode == 0 ? null : GitErrors.Explain(remote, output, _options.FetchTimeout);
    }

    private async Task<GitFailure?> CreateAsync(bool sha256, CancellationToken cancellationToken)
    {
        if (Exists)
        {
            return null;
        }

        Directory.CreateDirectory(Folder);
        var output = await LocalAsync(cancellationToken, "init", "--quiet", "--bare", sha256 ? "--object-format=sha256" : "--object-format=sha1", "--template=", ".");
        return output.ExitCode == 0 ? null : LocalFailure("make the mirror", output);
    }

    private async Task<IReadOnlyList<string>> AbsentAsync(IReadOnlyCollection<string> commits, CancellationToken cancellationToken)
    {
        if (!Exists)
        {
            return [.. commits];
        }

        var infos = await _objects.InfoAsync([.. commits], cancellationToken);
        return [.. commits.Where((_, i) => infos[i]?.Kind != GitObjectKind.Commit)];
    }

    private GitFailure? Refused(GitRemote remote) => remote.Protocol switch
    {
        "https" or "http" or "ssh" => null,
        "file" when _options.AllowFile => null,
        _ => new GitFailure(GitFailureReason.ProtocolRefused, $"{remote.ShownUrl} uses a protocol that is not allowed. Write an https, http or ssh URL, or git@host:path."),
    };

    private static RemoteRefs Parse(string text)
    {
        string? head = null;
        var refs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var tab = line.IndexOf('\t', StringComparison.Ordinal);
            var (left, name) = (line[..Math.Max(tab, 0)], line[(tab + 1)..]);
            if (left.StartsWith("ref: ", StringComparison.Ordinal))
            {
                head = name == "HEAD" ? left["ref: ".Length..] : head;
            }
            else if (Oids.IsOid(left))
            {
                // An annotated tag comes twice: itself, then the commit that it stands for.
                refs[name.EndsWith("^{}", StringComparison.Ordinal) ? name[..^3] : name] = left;
            }
        }

        return new RemoteRefs(head, refs);
    }
}
