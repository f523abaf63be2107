using System.Collections.Concurrent;
using Fleet.Hub.Core.Assignments;
using Fleet.Hub.Git;
using Fleet.Hub.Sources;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Sources;
using Fleet.V1;

namespace Fleet.Hub.Assignments;

/// <summary>Finds the Revision that an Assignment's targets should have, and sees to it that its content is held.</summary>
internal sealed class AssignmentRevisions(FleetDatabase database, FleetStores stores, GitMirrors mirrors, SourceRemotes remotes, ClosurePins pins)
{
    private readonly ConcurrentDictionary<string, (Question Question, RevisionOutcome Outcome)> _answers = new(StringComparer.Ordinal);

    /// <param name="assignment">As stored.</param>
    /// <param name="source">Its GitSource; null when there is none of that name.</param>
    /// <param name="current">Hex commit that its targets have now; empty: none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<RevisionOutcome> ResolveAsync(Assignment assignment, GitSource? source, string current, CancellationToken cancellationToken)
    {
        if (source is null)
        {
            return RevisionOutcome.None("SourceMissing",
                $"There is no GitSource named '{assignment.Spec.Source}'. What is deployed stays; create it, or change spec.source.");
        }

        var (found, state) = await KnownAsync(assignment, source, cancellationToken).ConfigureAwait(false);
        if (found is null)
        {
            return NotKnown(assignment, source, state);
        }

        var roots = ContentScope.Roots(assignment.Spec);
        var mirror = mirrors.Open(source.Metadata.Uid);
        // Reports wake an Assignment far more often than commits do: what was found for this very question still holds, as long
        // as its content is in the store.
        var question = new Question(source.Metadata.Uid, found.Ref, found.CommitId, current, string.Join('\n', roots));
        if (_answers.TryGetValue(assignment.Metadata.Uid, out var known) && known.Question == question
            && await pins.FindAsync(source.Metadata.Uid, known.Outcome.Commit!, roots, cancellationToken).ConfigureAwait(false) == known.Outcome.ClosureDigest)
        {
            return known.Outcome;
        }

        var outcome = await AskAsync(assignment, source, found, current, roots, mirror, cancellationToken).ConfigureAwait(false);
        if (outcome.Commit is not null)
        {
            _answers[assignment.Metadata.Uid] = (question, outcome);
        }

        return outcome;
    }

    /// <summary>The Assignment is gone.</summary>
    public void Forget(string assignmentUid) => _answers.TryRemove(assignmentUid, out _);

    private async Task<RevisionOutcome> AskAsync(
        Assignment assignment, GitSource source, SourceRef found, string current, IReadOnlyList<string> roots, GitMirror mirror, CancellationToken cancellationToken)
    {
        if (await EnsureAsync(mirror, source, found.CommitId, cancellationToken).ConfigureAwait(false) is { } missing)
        {
            return RevisionOutcome.None(missing.Reason, missing.Message, found.CommitId);
        }

        var seen = await ScopeAsync(mirror, source.Metadata.Uid, found.CommitId, roots, cancellationToken).ConfigureAwait(false);
        if (!seen.IsOk)
        {
            return RevisionOutcome.None(seen.Failure.Reason.ToString(), Explain(assignment, found, seen.Failure), found.CommitId);
        }

        var before = current.Length > 0 && current != found.CommitId && await mirror.HasAsync(current, cancellationToken).ConfigureAwait(false)
            ? await ScopeAsync(mirror, source.Metadata.Uid, current, roots, cancellationToken).ConfigureAwait(false)
            : default;
        var commit = RevisionChoice.Decide(before.Value, seen.Value).Commit;
        var pinned = await pins.PinAsync(mirror, source.Metadata.Uid, commit, roots, cancellationToken).ConfigureAwait(false);
        if (!pinned.IsOk)
        {
            return RevisionOutcome.None(pinned.Failure.Reason.ToString(), Explain(assignment, found, pinned.Failure), found.CommitId);
        }

        var (subject, author) = commit == found.CommitId ? (found.Subject, found.Author) : await SummaryAsync(mirror, commit, cancellationToken).ConfigureAwait(false);
        return new RevisionOutcome(commit, pinned.Value, subject, author, found.CommitId, "Resolved", commit == found.CommitId
            ? $"{SourceRefs.Of(assignment.Spec)} is at {commit}."
            : $"{SourceRefs.Of(assignment.Spec)} is at {found.CommitId}, which changes nothing under the Assignment's paths since {commit}: targets stay there.");
    }

    private Task<(SourceRef? Found, SourceState? State)> KnownAsync(Assignment assignment, GitSource source, CancellationToken cancellationToken) =>
        database.ReadAsync(async (tx, cancel) =>
        {
            var refs = await stores.Sources.RefsAsync(tx, source.Metadata.Uid, cancel).ConfigureAwait(false);
            var name = SourceRefs.Of(assignment.Spec);
            return (refs.FirstOrDefault(known => known.Ref == name), await stores.Sources.GetAsync(tx, source.Metadata.Uid, cancel).ConfigureAwait(false));
        }, cancellationToken);

    private static RevisionOutcome NotKnown(Assignment assignment, GitSource source, SourceState? state) =>
        state is null ? RevisionOutcome.None("SourceNotPolled", $"GitSource '{source.Metadata.Name}' has not been polled yet; it is about to be.")
        : state.Reason.Length > 0 ? RevisionOutcome.None("SourceNotReady", $"GitSource '{source.Metadata.Name}' cannot be read: {state.Message}")
        : RevisionOutcome.None("RefMissing",
            $"GitSource '{source.Metadata.Name}' has no '{SourceRefs.Of(assignment.Spec)}', or was not asked for it yet. Push it, or change spec.ref; what is deployed stays.");

    // Another node may have polled: this one fetches what it lacks.
    private async Task<(string Reason, string Message)?> EnsureAsync(GitMirror mirror, GitSource source, string commit, CancellationToken cancellationToken)
    {
        if (await mirror.HasAsync(commit, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        var access = await remotes.OpenAsync(source.Spec, cancellationToken).ConfigureAwait(false);
        if (access.Remote is not { } remote)
        {
            return (access.Reason, access.Message);
        }

        var fetched = await mirror.FetchAsync(remote, [commit], cancellationToken).ConfigureAwait(false);
        return fetched.IsOk ? null : (fetched.Failure.Reason.ToString(), fetched.Failure.Message);
    }

    private static async Task<GitResult<ScopedRevision>> ScopeAsync(
        GitMirror mirror, string sourceUid, string commit, IReadOnlyList<string> roots, CancellationToken cancellationToken)
    {
        var trees = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var root in roots)
        {
            var tree = await mirror.TreeIdAsync(commit, root, cancellationToken).ConfigureAwait(false);
            if (!tree.IsOk)
            {
                return tree.Failure;
            }

            trees[root] = tree.Value;
        }

        return new ScopedRevision(sourceUid, commit, trees);
    }

    private static async Task<(string Subject, string Author)> SummaryAsync(GitMirror mirror, string commit, CancellationToken cancellationToken)
    {
        var read = await mirror.ReadCommitAsync(commit, cancellationToken).ConfigureAwait(false);
        return read.IsOk ? (read.Value.Subject, read.Value.Author) : ("", "");
    }

    private static string Explain(Assignment assignment, SourceRef found, GitFailure failure) =>
        $"At commit {Short(found.CommitId)} of {SourceRefs.Of(assignment.Spec)}: {failure.Message} What is deployed stays as it is.";

    private sealed record Question(string SourceUid, string Ref, string Seen, string Current, string Roots);

    private static string Short(string commit) => commit.Length > 12 ? commit[..12] : commit;
}
