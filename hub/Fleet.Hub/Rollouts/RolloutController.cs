using Fleet.Hub.Assignments;
using Fleet.Hub.Core.Rollouts;
using Fleet.Hub.Sessions;
using Fleet.Hub.Storage;
using Fleet.Hub.Work;

namespace Fleet.Hub.Rollouts;

/// <summary>Gives each cluster of an Assignment its target (key: the Assignment's uid).</summary>
internal sealed class RolloutController(
    FleetDatabase database, FleetStores stores, AssignmentRevisions revisions, RolloutReader reader, RolloutWriter writer, AssignmentStatuses statuses,
    NodeIdentity node, TimeProvider time, ILogger<RolloutController> logger) : KeyedController(WorkKinds.Rollout, database, stores.Work, node, time, logger)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100);

    // Nothing should change without a signal; this finds what did all the same.
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(10);

    private readonly FleetDatabase _database = database;
    private readonly TimeProvider _time = time;

    private DateTimeOffset Now => _time.GetUtcNow();

    protected override Task BeginAsync(CancellationToken cancellationToken) => _database.WriteAsync(async (tx, cancel) =>
    {
        var all = await ResourcePages.AllAsync(stores.Resources, tx, "Assignment", cancel).ConfigureAwait(false);
        await stores.Work.RaiseAsync(tx, WorkKinds.Rollout, all.Select(assignment => assignment.Uid), _database.Clock.GetUtcNow(), cancel).ConfigureAwait(false);
    }, cancellationToken);

    protected override async Task<TimeSpan?> RunAsync(string key, CancellationToken cancellationToken)
    {
        if (await reader.SubjectAsync(key, cancellationToken).ConfigureAwait(false) is not { } subject)
        {
            return Gone(key);
        }

        var revision = subject.Stored.DeletedAt is not null
            ? RevisionOutcome.None("Deleting", "The Assignment is being deleted.")
            : await revisions.ResolveAsync(subject.Assignment, subject.Source, subject.Status.Revision, cancellationToken).ConfigureAwait(false);
        if (revision.Reason is "SourceNotPolled" or "RefMissing")
        {
            await AskSourceAsync(subject, cancellationToken).ConfigureAwait(false);
        }

        var plan = await reader.PlanAsync(subject, revision, cancellationToken).ConfigureAwait(false);
        var decision = Rollout.Decide(plan.State);
        if (!await writer.WriteAsync(plan, decision, cancellationToken).ConfigureAwait(false))
        {
            return Soon;
        }

        if (await reader.SubjectAsync(key, cancellationToken).ConfigureAwait(false) is null)
        {
            return Gone(key);
        }

        await statuses.WriteAsync(plan, decision, cancellationToken).ConfigureAwait(false);
        // The agents end a suspension by themselves; this brings what is shown and counted after them.
        return plan.SuspensionEnds is { } ends && ends - Now < Again ? Max(ends - Now, Soon) : Again;
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;


    private TimeSpan? Gone(string uid)
    {
        Rollups.RollupMeters.Assignments.TryRemove(uid, out _);
        revisions.Forget(uid);
        return null;
    }

    // A ref that an Assignment has just named is asked for now, and not at the source's next turn; once, since the poll
    // comes after the Assignment's change.
    private async Task AskSourceAsync(RolloutSubject subject, CancellationToken cancellationToken)
    {
        if (subject.Source is not { } source)
        {
            return;
        }

        await _database.WriteAsync(async (tx, cancel) =>
        {
            var state = await stores.Sources.GetAsync(tx, source.Metadata.Uid, cancel).ConfigureAwait(false);
            if (state?.LastPoll is null || state.LastPoll < subject.Stored.Changed)
            {
                await stores.Work.RaiseNowAsync(tx, WorkKinds.Source, source.Metadata.Uid, _database.Clock, cancel).ConfigureAwait(false);
            }
        }, cancellationToken).ConfigureAwait(false);
    }
}
