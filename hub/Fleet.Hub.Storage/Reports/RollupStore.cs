namespace Fleet.Hub.Storage.Reports;

/// <summary>Targets beside reports: counts, and ClusterAssignments as operators see them.</summary>
public sealed class RollupStore
{
    private const string Counted = """
        c.state AS cluster_state, COALESCE(r.phase, '') AS phase,
        CASE WHEN r.revision = t.revision AND r.spec_digest = t.spec_digest THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS is_current,
        CASE WHEN t.tombstone_cause IS NULL THEN CAST(0 AS BIGINT) ELSE CAST(1 AS BIGINT) END AS is_removal, count(*) AS count
        FROM target t JOIN cluster c ON c.id = t.cluster LEFT JOIN report r ON r.cluster = t.cluster AND r.assignment = t.assignment
        """;

    private const string Shown = """
        SELECT t.cluster, c.name AS cluster_name, c.state AS cluster_state, c.labels AS cluster_labels, t.assignment, t.assignment_name,
            t.revision, t.spec_digest, t.closure_digest, t.generation, t.tombstone_cause, t.tombstone_policy, t.changed,
            r.phase AS report_phase, r.revision AS report_revision, r.spec_digest AS report_spec_digest, r.body AS report_body,
            r.received AS report_received, r.ready_since
        FROM target t JOIN cluster c ON c.id = t.cluster LEFT JOIN report r ON r.cluster = t.cluster AND r.assignment = t.assignment
        """;

    /// <summary>Counts of these Assignments, keyed by uid. Each costs a walk over its clusters: ask for one page of Assignments at a time.</summary>
    public Task<IReadOnlyList<RollupRow>> OfAssignmentsAsync(Transaction transaction, IEnumerable<string> assignments, CancellationToken cancellationToken) =>
        transaction.QueryAsync<RollupRow>(
            $"SELECT t.assignment AS key, {Counted} WHERE {transaction.Dialect.In("t.assignment", "keys")} GROUP BY 1, 2, 3, 4, 5",
            new { keys = transaction.Dialect.List(assignments) },
            cancellationToken);

    /// <summary>Counts of these clusters, keyed by id.</summary>
    public Task<IReadOnlyList<RollupRow>> OfClustersAsync(Transaction transaction, IEnumerable<string> clusters, CancellationToken cancellationToken) =>
        transaction.QueryAsync<RollupRow>(
            $"SELECT t.cluster AS key, {Counted} WHERE {transaction.Dialect.In("t.cluster", "keys")} GROUP BY 1, 2, 3, 4, 5",
            new { keys = transaction.Dialect.List(clusters) },
            cancellationToken);

    /// <summary>All of an Assignment's targets beside what was reported of them, in order of cluster and without bodies: what a rollout is decided from.</summary>
    public Task<IReadOnlyList<TargetState>> StatesAsync(Transaction transaction, string assignment, CancellationToken cancellationToken) =>
        transaction.QueryAsync<TargetState>(
            """
            SELECT t.cluster, c.name AS cluster_name, c.state AS cluster_state, c.revoked_at, c.deleted_at,
                t.revision, t.spec_digest, t.closure_digest, t.generation, t.tombstone_cause,
                r.phase AS report_phase, r.revision AS report_revision, r.spec_digest AS report_spec_digest
            FROM target t JOIN cluster c ON c.id = t.cluster LEFT JOIN report r ON r.cluster = t.cluster AND r.assignment = t.assignment
            WHERE t.assignment = @assignment ORDER BY t.cluster
            """,
            new { assignment },
            cancellationToken);

    public Task<ClusterAssignmentRow?> GetAsync(Transaction transaction, string cluster, string assignment, CancellationToken cancellationToken) =>
        transaction.FirstAsync<ClusterAssignmentRow>($"{Shown} WHERE t.cluster = @cluster AND t.assignment = @assignment", new { cluster, assignment }, cancellationToken);

    /// <summary>A page of all ClusterAssignments in order of (cluster, assignment), after a pair (empty: from the start).</summary>
    public Task<IReadOnlyList<ClusterAssignmentRow>> ListAsync(Transaction transaction, string afterCluster, string afterAssignment, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ClusterAssignmentRow>(
            $"{Shown} WHERE (t.cluster, t.assignment) > (@afterCluster, @afterAssignment) ORDER BY t.cluster, t.assignment LIMIT @limit",
            new { afterCluster, afterAssignment, limit },
            cancellationToken);

    /// <summary>A page of a cluster's, in order of assignment.</summary>
    public Task<IReadOnlyList<ClusterAssignmentRow>> ListOfClusterAsync(Transaction transaction, string cluster, string after, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ClusterAssignmentRow>(
            $"{Shown} WHERE t.cluster = @cluster AND t.assignment > @after ORDER BY t.assignment LIMIT @limit", new { cluster, after, limit }, cancellationToken);

    /// <summary>A page of an Assignment's, in order of cluster.</summary>
    public Task<IReadOnlyList<ClusterAssignmentRow>> ListOfAssignmentAsync(Transaction transaction, string assignment, string after, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ClusterAssignmentRow>(
            $"{Shown} WHERE t.assignment = @assignment AND t.cluster > @after ORDER BY t.cluster LIMIT @limit", new { assignment, after, limit }, cancellationToken);

    /// <summary>An Assignment's that are not ready, in order of cluster name: removed, not reported, of other values, in another phase, or not connected.</summary>
    public Task<IReadOnlyList<ClusterAssignmentRow>> NotReadyAsync(Transaction transaction, string assignment, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ClusterAssignmentRow>(
            $"""
            {Shown} WHERE t.assignment = @assignment AND NOT (t.tombstone_cause IS NULL AND c.state IN ('Connected', 'Suspect')
                AND COALESCE(r.phase, '') = 'Ready' AND COALESCE(r.revision, '') = t.revision AND COALESCE(r.spec_digest, '') = t.spec_digest)
            ORDER BY c.name LIMIT @limit
            """,
            new { assignment, limit },
            cancellationToken);
}
