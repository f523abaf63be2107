namespace Fleet.Hub.Git;

public sealed partial class GitMirror
{
    /// <summary>Keeps a commit and all that it reaches, whatever becomes of the branches.</summary>
    public async Task<GitResult<bool>> PinAsync(string commit, CancellationToken cancellationToken)
    {
        if (!Oids.IsOid(commit) || !await HasAsync(commit, cancellationToken))
        {
            return Missing(commit);
        }

        var output = await LocalAsync(cancellationToken, "update-ref", "refs/fleet/keep/" + commit, commit);
        return output.ExitCode == 0 ? true : LocalFailure("pin the commit", output);
    }

    public async Task<GitResult<bool>> UnpinAsync(string commit, CancellationToken cancellationToken)
    {
        if (!Exists || !Oids.IsOid(commit))
        {
            return false;
        }

        var output = await LocalAsync(cancellationToken, "update-ref", "-d", "refs/fleet/keep/" + commit);
        return output.ExitCode == 0 ? true : LocalFailure("unpin the commit", output);
    }

    /// <summary>Drops what neither a ref nor a pin reaches and is older than two weeks. Only the hub calls it: gc is off otherwise.</summary>
    public async Task<GitResult<bool>> CollectAsync(CancellationToken cancellationToken)
    {
        if (!Exists)
        {
            return false;
        }

        await _fetching.WaitAsync(cancellationToken);
        try
        {
            var output = await LocalAsync(cancellationToken, "gc", "--quiet", "--prune=2.weeks.ago");
            return output.ExitCode == 0 ? true : LocalFailure("collect garbage", output);
        }
        finally
        {
            _fetching.Release();
        }
    }
}
