using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Work;

namespace Fleet.Hub.Work;

/// <summary>The ways in which work is raised.</summary>
internal static class WorkRaises
{
    // Reports come in herds; one look at an Assignment answers all that come within this time.
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(200);

    /// <summary>Something about the key changed: look at it now.</summary>
    public static Task RaiseNowAsync(this WorkStore work, Transaction transaction, string kind, string key, TimeProvider clock, CancellationToken cancellationToken) =>
        work.RaiseAsync(transaction, kind, key, clock.GetUtcNow(), cancellationToken);

    /// <summary>What clusters say of these Assignments changed.</summary>
    public static async Task RaiseReportedAsync(
        this WorkStore work, Transaction transaction, IEnumerable<string> assignments, TimeProvider clock, CancellationToken cancellationToken)
    {
        var uids = assignments.ToArray();
        if (uids.Length == 0)
        {
            return;
        }

        var soon = clock.GetUtcNow() + Gather;
        await work.RaiseAsync(transaction, WorkKinds.Rollout, uids, soon, cancellationToken).ConfigureAwait(false);
    }
}
