using Fleet.Hub.Access;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Audit;

namespace Fleet.Hub.Audit;

/// <summary>Writes audit rows of operators' changes, in the transaction of the change.</summary>
internal sealed class AuditWrites(AuditStore store, TimeProvider clock)
{
    private const int MaxClusters = 100;

    /// <summary>Adds a row and gives its id.</summary>
    public Task<string> AddAsync(Transaction tx, Caller caller, string action, string target, string message, CancellationToken cancellationToken) =>
        store.AppendAsync(tx, AuditRow.New(caller.Name, action, target, clock.GetUtcNow()) with { Message = message }, cancellationToken);

    /// <summary>Adds a row about one cluster.</summary>
    public Task<string> AddAsync(Transaction tx, Caller caller, string action, Storage.Clusters.StoredCluster cluster, string message, CancellationToken cancellationToken) =>
        store.AppendAsync(
            tx,
            AuditRow.New(caller.Name, action, $"Cluster/{cluster.Name}", clock.GetUtcNow()) with { Message = message, Cluster = cluster.Id, Clusters = [cluster.Name], ClusterCount = 1 },
            cancellationToken);

    /// <summary>Adds a row about an Assignment and the clusters that it is for.</summary>
    public Task<string> AddAsync(
        Transaction tx, Caller caller, string action, string target, string message, string assignmentUid, IReadOnlyList<string> clusters, CancellationToken cancellationToken) =>
        store.AppendAsync(
            tx,
            AuditRow.New(caller.Name, action, target, clock.GetUtcNow()) with
            {
                Message = message,
                Assignment = assignmentUid,
                Clusters = [.. clusters.Take(MaxClusters)],
                ClusterCount = clusters.Count,
            },
            cancellationToken);
}
