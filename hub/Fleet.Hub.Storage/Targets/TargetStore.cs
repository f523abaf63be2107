namespace Fleet.Hub.Storage.Targets;

/// <summary>What each cluster is to have. Changed by <see cref="TargetChanges"/> alone.</summary>
public sealed class TargetStore
{
    internal const string Columns =
        "cluster, assignment, assignment_name, revision, spec_digest, closure_digest, generation, released_holds, tombstone_cause, tombstone_policy, audit_id, changed";

    /// <summary>
    /// Changes targets: each changed cluster gets one new generation and one link of its chain. What says the same
    /// already is left alone. Large waves: one transaction for each of <see cref="TargetChanges.Chunks"/>.
    /// </summary>
    public Task<IReadOnlyList<ChangedCluster>> ChangeAsync(
        Transaction transaction, IReadOnlyCollection<TargetChange> changes, byte[] lineage, DateTimeOffset now, CancellationToken cancellationToken) =>
        TargetChanges.ApplyAsync(transaction, changes, lineage, now, cancellationToken);

    public Task<StoredTarget?> GetAsync(Transaction transaction, string cluster, string assignment, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredTarget>(
            $"SELECT {Columns} FROM target WHERE cluster = @cluster AND assignment = @assignment", new { cluster, assignment }, cancellationToken);

    /// <summary>All targets and tombstones of a cluster that were changed after a generation (0: all), in order of assignment.</summary>
    public Task<IReadOnlyList<StoredTarget>> OfClusterAsync(Transaction transaction, string cluster, long afterGeneration, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredTarget>(
            $"SELECT {Columns} FROM target WHERE cluster = @cluster AND generation > @afterGeneration ORDER BY assignment", new { cluster, afterGeneration }, cancellationToken);

    /// <summary>A page of an Assignment's targets and tombstones, in order of cluster, after <paramref name="after"/> (empty: from the start).</summary>
    public Task<IReadOnlyList<StoredTarget>> OfAssignmentAsync(Transaction transaction, string assignment, string after, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredTarget>(
            $"SELECT {Columns} FROM target WHERE assignment = @assignment AND cluster > @after ORDER BY cluster LIMIT @limit", new { assignment, after, limit }, cancellationToken);

    /// <summary>All of an Assignment's targets and tombstones, in order of cluster.</summary>
    public Task<IReadOnlyList<StoredTarget>> OfAssignmentAsync(Transaction transaction, string assignment, CancellationToken cancellationToken) =>
        OfAssignmentAsync(transaction, assignment, "", int.MaxValue, cancellationToken);

    public async Task<TargetCounts> CountAsync(Transaction transaction, string assignment, CancellationToken cancellationToken) =>
        await transaction.FirstAsync<TargetCounts>(
            """
            SELECT COALESCE(CAST(sum(CASE WHEN tombstone_cause IS NULL THEN 1 ELSE 0 END) AS BIGINT), 0) AS live,
                COALESCE(CAST(sum(CASE WHEN tombstone_cause IS NULL THEN 0 ELSE 1 END) AS BIGINT), 0) AS tombstones
            FROM target WHERE assignment = @assignment
            """,
            new { assignment },
            cancellationToken).ConfigureAwait(false) ?? new(0, 0);

    /// <summary>All live targets of the fleet, for the guard over mass removals.</summary>
    public Task<long> CountLiveAsync(Transaction transaction, CancellationToken cancellationToken) =>
        transaction.FirstAsync<long>("SELECT count(*) FROM target WHERE tombstone_cause IS NULL", null, cancellationToken);

    public Task<long> CountLiveOfClusterAsync(Transaction transaction, string cluster, CancellationToken cancellationToken) =>
        transaction.FirstAsync<long>("SELECT count(*) FROM target WHERE cluster = @cluster AND tombstone_cause IS NULL", new { cluster }, cancellationToken);

    /// <summary>Live targets of each of these clusters, and the removals that went out to it since a time: what the guard over 24 hours looks at.</summary>
    public Task<IReadOnlyList<ClusterTargetCounts>> CountOfClustersAsync(Transaction transaction, IEnumerable<string> clusters, DateTimeOffset since, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ClusterTargetCounts>(
            $"""
            SELECT c.id AS cluster,
                (SELECT count(*) FROM target t WHERE t.cluster = c.id AND t.tombstone_cause IS NULL) AS live,
                (SELECT count(*) FROM removal r WHERE r.cluster = c.id AND r.removed_at >= @since) AS removals
            FROM cluster c WHERE {transaction.Dialect.In("c.id", "clusters")} ORDER BY c.id
            """,
            new { since, clusters = transaction.Dialect.List(clusters) },
            cancellationToken);

    /// <summary>Drops an Assignment's targets and tombstones at clusters whose agents will never acknowledge: revoked or decommissioned ones.</summary>
    public Task<int> RemoveAsync(Transaction transaction, string assignment, IEnumerable<string> clusters, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            $"DELETE FROM target WHERE assignment = @assignment AND {transaction.Dialect.In("cluster", "clusters")}",
            new { assignment, clusters = transaction.Dialect.List(clusters) },
            cancellationToken);

    /// <summary>Removals that went out since a time, by cluster, for the guard over 24 hours.</summary>
    public Task<IReadOnlyList<RemovalCount>> RemovalsSinceAsync(Transaction transaction, DateTimeOffset since, CancellationToken cancellationToken) =>
        transaction.QueryAsync<RemovalCount>(
            "SELECT cluster, count(*) AS removals FROM removal WHERE removed_at >= @since GROUP BY cluster ORDER BY cluster", new { since }, cancellationToken);

    /// <summary>Forgets removals before a time, which no guard looks back at any more.</summary>
    public Task<int> TrimRemovalsAsync(Transaction transaction, DateTimeOffset before, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync("DELETE FROM removal WHERE removed_at < @before", new { before }, cancellationToken);

    /// <summary>
    /// Drops a cluster's tombstones that its agent has acknowledged and carried out (it ends the report then), and gives
    /// them; never by age. Call it after acknowledgements and after reports were removed.
    /// </summary>
    public Task<IReadOnlyList<StoredTarget>> DropAcknowledgedAsync(Transaction transaction, string cluster, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredTarget>(
            $"""
            DELETE FROM target WHERE cluster = @cluster AND tombstone_cause IS NOT NULL
                AND generation <= (SELECT s.acked_generation FROM cluster_sync s WHERE s.cluster = @cluster)
                AND NOT EXISTS (SELECT 1 FROM report r WHERE r.cluster = target.cluster AND r.assignment = target.assignment)
            RETURNING {Columns}
            """,
            new { cluster },
            cancellationToken);
}
