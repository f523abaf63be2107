using Fleet.Hub.Core.Conditions;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Sources;
using Fleet.Hub.Work;
using Fleet.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Sources;

/// <summary>A GitSource as a poll needs it.</summary>
/// <param name="Resource">As stored.</param>
/// <param name="Failures">Polls failed in a row before this one.</param>
/// <param name="Refs">What Assignments name; HEAD when there is none, so that the source is tried at all.</param>
internal sealed record PolledSource(GitSource Resource, IReadOnlyCollection<string> Refs, long Failures);

/// <summary>Reads what to poll and writes what was found.</summary>
internal sealed class SourceRecords(FleetDatabase database, FleetStores stores, TimeProvider time)
{
    private const int MaxSubject = 200;
    private const string Ready = "Ready";

    /// <summary>Null: the source is gone, and what was known of it is forgotten.</summary>
    public async Task<PolledSource?> ReadAsync(string uid, CancellationToken cancellationToken)
    {
        var source = await database.ReadAsync(async (tx, cancel) =>
        {
            var stored = await stores.Resources.GetByUidAsync(tx, uid, cancel).ConfigureAwait(false);
            if (stored is null)
            {
                return null;
            }

            var users = await UsersAsync(tx, stored.Name, cancel).ConfigureAwait(false);
            var refs = users.Select(assignment => SourceRefs.Of(assignment.Spec)).Distinct(StringComparer.Ordinal).ToArray();
            var state = await stores.Sources.GetAsync(tx, uid, cancel).ConfigureAwait(false);
            return new PolledSource(stored.GitSource(), refs.Length == 0 ? [SourceRefs.Head] : refs, state?.Failures ?? 0);
        }, cancellationToken).ConfigureAwait(false);
        if (source is null)
        {
            await database.WriteAsync((tx, cancel) => stores.Sources.RemoveAsync(tx, uid, cancel), cancellationToken).ConfigureAwait(false);
        }

        return source;
    }

    public Task SuspendedAsync(PolledSource source, CancellationToken cancellationToken) => database.WriteAsync(async (tx, cancel) =>
    {
        var status = await StatusAsync(tx, source, cancel).ConfigureAwait(false);
        ConditionSet.Set(status.Conditions, Ready, ConditionSet.Unknown, "Suspended", "Polling is suspended (spec.suspend). What is deployed stays.", time.GetUtcNow());
        await stores.Resources.PutStatusAsync(tx, source.Resource.Metadata.Uid, status.ToByteArray(), time.GetUtcNow(), cancel).ConfigureAwait(false);
    }, cancellationToken);

    public Task WriteAsync(PolledSource source, PollOutcome outcome, int failures, TimeSpan next, CancellationToken cancellationToken) => database.WriteAsync(async (tx, cancel) =>
    {
        var uid = source.Resource.Metadata.Uid;
        var now = time.GetUtcNow();
        var before = await stores.Sources.GetAsync(tx, uid, cancel).ConfigureAwait(false);
        await stores.Sources.PutAsync(
            tx, new SourceState(uid, outcome.DefaultRef.Length > 0 ? outcome.DefaultRef : before?.DefaultRef ?? "", now, now + next, failures, outcome.Reason, outcome.Message), cancel).ConfigureAwait(false);
        var moved = await RefsAsync(tx, source, outcome, now, cancel).ConfigureAwait(false);

        var status = await StatusAsync(tx, source, cancel).ConfigureAwait(false);
        var (word, reason, message) = Judge(outcome);
        ConditionSet.Set(status.Conditions, Ready, word, reason, message, now);
        status.Refs.Clear();
        status.Refs.Add((await stores.Sources.RefsAsync(tx, uid, cancel).ConfigureAwait(false)).Select(Shown));
        var told = await stores.Resources.PutStatusAsync(tx, uid, status.ToByteArray(), now, cancel).ConfigureAwait(false);
        if (moved || told)
        {
            var users = await UsersAsync(tx, source.Resource.Metadata.Name, cancel).ConfigureAwait(false);
            await stores.Work.RaiseAsync(tx, WorkKinds.Rollout, users.Select(user => user.Metadata.Uid), database.Clock.GetUtcNow(), cancel).ConfigureAwait(false);
        }
    }, cancellationToken);

    private static (string Word, string Reason, string Message) Judge(PollOutcome outcome)
    {
        if (outcome.Reason.Length > 0)
        {
            return (ConditionSet.False, outcome.Reason, outcome.Message);
        }

        var missing = outcome.Refs.Where(found => found.Commit is null).ToArray();
        return missing.Length > 0
            ? (ConditionSet.False, "RefMissing", string.Join(' ', missing.Select(found => found.Problem)))
            : (ConditionSet.True, "Polled", "The last poll succeeded, and every ref that an Assignment names was found.");
    }

    // A ref that the remote has lost stays as it was last seen: what is deployed is not taken away by that.
    private async Task<bool> RefsAsync(Transaction tx, PolledSource source, PollOutcome outcome, DateTimeOffset now, CancellationToken cancel)
    {
        var uid = source.Resource.Metadata.Uid;
        var known = (await stores.Sources.RefsAsync(tx, uid, cancel).ConfigureAwait(false)).ToDictionary(known => known.Ref, StringComparer.Ordinal);
        var moved = false;
        foreach (var (name, commit) in outcome.Refs.Where(found => found.Commit is not null).Select(found => (found.Ref, found.Commit!)))
        {
            if (known.TryGetValue(name, out var before) && before.CommitId == commit.Id)
            {
                continue;
            }

            moved = true;
            SourceMeters.NewCommits.Add(1, new KeyValuePair<string, object?>("source", source.Resource.Metadata.Name));
            var subject = commit.Subject.Length > MaxSubject ? commit.Subject[..MaxSubject] : commit.Subject;
            await stores.Sources.PutRefAsync(
                tx, new SourceRef(uid, name, commit.Id, now, subject, commit.Author, new Dictionary<string, string>()), cancel).ConfigureAwait(false);
        }

        foreach (var unused in known.Keys.Where(name => !source.Refs.Contains(name)))
        {
            await stores.Sources.RemoveRefAsync(tx, uid, unused, cancel).ConfigureAwait(false);
        }

        return moved;
    }

    private async Task<IReadOnlyList<Assignment>> UsersAsync(Transaction tx, string source, CancellationToken cancel) =>
        [.. (await ResourcePages.AllAsync(stores.Resources, tx, "Assignment", cancel).ConfigureAwait(false))
            .Where(stored => stored.DeletedAt is null)
            .Select(stored => stored.Assignment())
            .Where(assignment => assignment.Spec.Source == source)];

    private async Task<GitSourceStatus> StatusAsync(Transaction tx, PolledSource source, CancellationToken cancel) =>
        await stores.Resources.GetStatusAsync(tx, source.Resource.Metadata.Uid, cancel).ConfigureAwait(false) is { } stored
            ? GitSourceStatus.Parser.ParseFrom(stored)
            : new GitSourceStatus();

    private static GitRef Shown(SourceRef known) => new()
    {
        Ref = known.Ref,
        Commit = known.CommitId,
        ObservedTime = Timestamp.FromDateTimeOffset(known.Observed),
        Subject = known.Subject,
        Author = known.Author,
    };
}
