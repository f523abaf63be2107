using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Work;

namespace Fleet.Hub.Enrollment;

/// <summary>Wakes who decides which Assignments are for which clusters.</summary>
internal static class ClusterChanges
{
    /// <summary>The set of clusters, or their labels, changed in this transaction.</summary>
    public static Task RaiseAsync(WorkStore work, Transaction tx, DateTimeOffset now, CancellationToken cancellationToken) =>
        work.RaiseAsync(tx, "membership", "all", now, cancellationToken);
}
