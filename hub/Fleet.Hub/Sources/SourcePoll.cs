using Fleet.Hub.Core.Sources;
using Fleet.Hub.Git;
using Fleet.V1;

namespace Fleet.Hub.Sources;

/// <summary>One ref as a poll found it.</summary>
/// <param name="Ref">As an Assignment wrote it.</param>
/// <param name="Commit">Null: the remote has no such ref.</param>
/// <param name="Problem">For people; null when there is a commit.</param>
internal sealed record PolledRef(string Ref, CommitSummary? Commit, string? Problem);

/// <summary>What a poll found.</summary>
/// <param name="Message">For people.</param>
/// <param name="DefaultRef">Where the remote's HEAD points; empty: not known.</param>
/// <param name="Refs">Each ref that was asked for.</param>
/// <param name="Reason">One word for what went wrong with the source as a whole; empty: it could be read.</param>
internal sealed record PollOutcome(string Reason, string Message, string DefaultRef, IReadOnlyList<PolledRef> Refs)
{
    public static PollOutcome Failed(string reason, string message) => new(reason, message, "", []);

    public static PollOutcome Failed(GitFailure failure) => Failed(failure.Reason.ToString(), failure.Message);
}

/// <summary>Asks a remote for its heads and fetches what is new: at most one ls-remote and one fetch.</summary>
internal sealed class SourcePoll(GitMirrors mirrors, SourceRemotes remotes, SourceOptions options, TimeProvider time)
{
    public async Task<PollOutcome> RunAsync(string uid, GitSourceSpec spec, IReadOnlyCollection<string> refs, CancellationToken cancellationToken)
    {
        var access = await remotes.OpenAsync(spec, cancellationToken).ConfigureAwait(false);
        if (access.Remote is not { } remote)
        {
            return PollOutcome.Failed(access.Reason, access.Message);
        }

        var mirror = mirrors.Open(uid);
        var listed = await WithinAsync(options.ListWithin, cancel => mirror.LsRemoteAsync(remote, cancel), cancellationToken).ConfigureAwait(false);
        if (!listed.IsOk)
        {
            return PollOutcome.Failed(listed.Failure!);
        }

        var advertised = Advertised(listed.Value!);
        var resolved = refs.ToDictionary(name => name, name => RefResolver.Resolve(name, advertised), StringComparer.Ordinal);
        var lacking = new List<string>();
        foreach (var commit in resolved.Values.Select(found => found.Commit).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            if (!await mirror.HasAsync(commit, cancellationToken).ConfigureAwait(false))
            {
                lacking.Add(commit);
            }
        }

        if (lacking.Count > 0)
        {
            var fetched = await WithinAsync(options.FetchWithin, cancel => mirror.FetchAsync(remote, lacking, cancel), cancellationToken).ConfigureAwait(false);
            // A full commit id that the remote does not have is that ref's trouble alone.
            if (!fetched.IsOk && fetched.Failure!.Reason != GitFailureReason.CommitMissing)
            {
                return PollOutcome.Failed(fetched.Failure!);
            }
        }

        var polled = new List<PolledRef>();
        foreach (var (name, found) in resolved)
        {
            polled.Add(await ReadAsync(mirror, name, found, cancellationToken).ConfigureAwait(false));
        }

        return new PollOutcome("", "", listed.Value!.Head ?? "", polled);
    }

    private static Dictionary<string, string> Advertised(RemoteRefs remote)
    {
        var all = new Dictionary<string, string>(remote.Refs, StringComparer.Ordinal);
        if (!all.ContainsKey("HEAD") && remote.Resolve("") is { } head)
        {
            all["HEAD"] = head;
        }

        return all;
    }

    private static async Task<PolledRef> ReadAsync(GitMirror mirror, string name, RefResolution found, CancellationToken cancellationToken)
    {
        if (found.Commit is not { } commit)
        {
            return new PolledRef(name, null, found.Problem);
        }

        var read = await mirror.ReadCommitAsync(commit, cancellationToken).ConfigureAwait(false);
        return read.IsOk
            ? new PolledRef(name, read.Value, null)
            : new PolledRef(name, null, $"Commit {commit} cannot be read: {read.Failure!.Message} What is deployed stays as it is.");
    }

    // One remote that hangs must cost the others nothing.
    private async Task<GitResult<T>> WithinAsync<T>(
        TimeSpan within, Func<CancellationToken, Task<GitResult<T>>> ask, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(within, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await ask(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new GitFailure(
                GitFailureReason.TimedOut,
                $"The remote did not answer within {within.TotalSeconds:0} s. What is deployed stays as it is; it is tried again. Check the URL, and that the hub may reach it.");
        }
    }
}
