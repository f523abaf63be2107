using System.Security.Cryptography;
using Fleet.Hub.Storage.Rows;
using Fleet.Hub.Storage.Signals;

namespace Fleet.Hub.Storage.Reports;

/// <summary>The last report of each ClusterAssignment.</summary>
public sealed class ReportStore
{
    private const string ReadyPhase = "Ready";

    private const string Columns =
        "cluster, assignment, assignment_name, fence, seq, phase, revision, spec_digest, applied_revision, applied_spec_digest, body, received, ready_since";
    private const string Written = $"{Columns}, digest";

    private static readonly Bulk<StoredReport> Previous = new(
        """
        SELECT r.cluster, r.assignment, r.fence, r.seq, r.phase, r.revision, r.spec_digest, r.ready_since
        FROM ({rows}) v JOIN report r ON r.cluster = v.cluster AND r.assignment = v.assignment
        """,
        new("cluster", BulkType.Text, row => row.Cluster),
        new("assignment", BulkType.Text, row => row.Assignment));

    private static readonly Bulk<StoredReport> Upsert = new(
        $$"""
        INSERT INTO report ({{Written}}) SELECT {{Written}} FROM ({rows}) v WHERE true
        ON CONFLICT (cluster, assignment) DO UPDATE SET assignment_name = excluded.assignment_name, fence = excluded.fence, seq = excluded.seq,
            phase = excluded.phase, revision = excluded.revision, spec_digest = excluded.spec_digest,
            applied_revision = excluded.applied_revision, applied_spec_digest = excluded.applied_spec_digest,
            body = excluded.body, digest = excluded.digest, received = excluded.received, ready_since = excluded.ready_since
        WHERE (excluded.fence, excluded.seq) > (report.fence, report.seq)
        """,
        new("cluster", BulkType.Text, row => row.Cluster),
        new("assignment", BulkType.Text, row => row.Assignment),
        new("assignment_name", BulkType.Text, row => row.AssignmentName),
        new("fence", BulkType.Integer, row => row.Fence),
        new("seq", BulkType.Integer, row => row.Seq),
        new("phase", BulkType.Text, row => row.Phase),
        new("revision", BulkType.Text, row => row.Revision),
        new("spec_digest", BulkType.Text, row => row.SpecDigest),
        new("applied_revision", BulkType.Text, row => row.AppliedRevision),
        new("applied_spec_digest", BulkType.Text, row => row.AppliedSpecDigest),
        new("body", BulkType.Bytes, row => row.Body),
        new("digest", BulkType.Bytes, row => SHA256.HashData(row.Body)),
        new("received", BulkType.Integer, row => Instant.ToMicroseconds(row.Received)),
        new("ready_since", BulkType.Integer, row => row.ReadySince is { } since ? Instant.ToMicroseconds(since) : null));

    /// <summary>
    /// Stores a batch and gives what changed. Left out: reports of a session that is not the live one, and those that
    /// are not newer than the stored one. Acknowledge to the agent after commit only.
    /// </summary>
    public async Task<IReadOnlyList<ReportChange>> UpsertAsync(Transaction transaction, IReadOnlyCollection<StoredReport> batch, CancellationToken cancellationToken)
    {
        // The session rows are locked first, in the order that all writers keep: so no other writer of these clusters'
        // reports comes between reading what was stored and replacing it.
        var dialect = transaction.Dialect;
        var fences = (await transaction.QueryAsync<LiveFence>(
            $"SELECT cluster, fence FROM cluster_sync WHERE {dialect.In("cluster", "clusters")} AND session_id IS NOT NULL ORDER BY cluster {dialect.ForUpdate}",
            new { clusters = dialect.List(batch.Select(report => report.Cluster).Distinct(StringComparer.Ordinal)) },
            cancellationToken).ConfigureAwait(false)).ToDictionary(live => live.Cluster, live => live.Fence, StringComparer.Ordinal);

        // One row at most for each key: PostgreSQL refuses to touch a row twice in one statement.
        var newest = batch
            .Where(report => fences.TryGetValue(report.Cluster, out var fence) && fence == report.Fence)
            .GroupBy(report => (report.Cluster, report.Assignment))
            .Select(group => group.MaxBy(report => report.Seq)!)
            .OrderBy(report => report.Cluster, StringComparer.Ordinal).ThenBy(report => report.Assignment, StringComparer.Ordinal)
            .ToArray();
        var stored = (await transaction.QueryAsync(
            Previous,
            newest,
            row => (
                Key: (row.GetString(0), row.GetString(1)),
                Fence: row.GetInt64(2),
                Seq: row.GetInt64(3),
                State: new ReportState(row.GetString(4), row.GetString(5), row.GetString(6), row.IsDBNull(7) ? null : Instant.FromMicroseconds(row.GetInt64(7)))),
            cancellationToken).ConfigureAwait(false)).ToDictionary(row => row.Key);

        var changes = new List<ReportChange>(newest.Length);
        var rows = new List<StoredReport>(newest.Length);
        foreach (var report in newest)
        {
            var known = stored.TryGetValue((report.Cluster, report.Assignment), out var before);
            if (known && (before.Fence, before.Seq).CompareTo((report.Fence, report.Seq)) >= 0)
            {
                continue;
            }

            var row = report with { ReadySince = ReadySince(report, known ? before.State : null) };
            rows.Add(row);
            changes.Add(new(row.Cluster, row.Assignment, known ? before.State : null, new(row.Phase, row.Revision, row.SpecDigest, row.ReadySince)));
        }

        await transaction.ExecuteAsync(Upsert, rows, cancellationToken).ConfigureAwait(false);
        if (rows.Count > 0)
        {
            transaction.Signal(Topics.Reports);
        }

        return changes;
    }

    /// <summary>Ends reports of assignments whose removal is complete; false: the session is not the live one.</summary>
    public Task<bool> RemoveAsync(Transaction transaction, string cluster, long fence, IEnumerable<string> assignments, CancellationToken cancellationToken) =>
        RemoveAsync(transaction, cluster, fence, transaction.Dialect.In("assignment", "assignments"), assignments, cancellationToken);

    /// <summary>Ends the reports that a complete snapshot did not name; false: the session is not the live one.</summary>
    public Task<bool> RemoveOthersAsync(Transaction transaction, string cluster, long fence, IEnumerable<string> named, CancellationToken cancellationToken) =>
        RemoveAsync(transaction, cluster, fence, $"NOT ({transaction.Dialect.In("assignment", "assignments")})", named, cancellationToken);

    /// <summary>Assignment and SHA-256 of each report of a cluster, for ReportDigests.Fold: whether the agent holds the same.</summary>
    public Task<IReadOnlyList<ReportDigest>> DigestsAsync(Transaction transaction, string cluster, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ReportDigest>("SELECT assignment, digest FROM report WHERE cluster = @cluster ORDER BY assignment", new { cluster }, cancellationToken);

    private static async Task<bool> RemoveAsync(
        Transaction transaction, string cluster, long fence, string condition, IEnumerable<string> assignments, CancellationToken cancellationToken)
    {
        var live = await transaction.FirstAsync<long?>(
            $"SELECT fence FROM cluster_sync WHERE cluster = @cluster AND session_id IS NOT NULL {transaction.Dialect.ForUpdate}", new { cluster }, cancellationToken).ConfigureAwait(false);
        if (live != fence)
        {
            return false;
        }

        await transaction.ExecuteAsync(
            $"DELETE FROM report WHERE cluster = @cluster AND {condition}",
            new { cluster, assignments = transaction.Dialect.List(assignments) },
            cancellationToken).ConfigureAwait(false);
        transaction.Signal(Topics.Reports);
        return true;
    }

    public Task<StoredReport?> GetAsync(Transaction transaction, string cluster, string assignment, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredReport>($"SELECT {Columns} FROM report WHERE cluster = @cluster AND assignment = @assignment", new { cluster, assignment }, cancellationToken);

    /// <summary>A page of a cluster's reports in order of assignment, also of assignments that are no target (orphans).</summary>
    public Task<IReadOnlyList<StoredReport>> OfClusterAsync(Transaction transaction, string cluster, string after, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredReport>(
            $"SELECT {Columns} FROM report WHERE cluster = @cluster AND assignment > @after ORDER BY assignment LIMIT @limit", new { cluster, after, limit }, cancellationToken);

    /// <summary>A page of an Assignment's reports in order of cluster.</summary>
    public Task<IReadOnlyList<StoredReport>> OfAssignmentAsync(Transaction transaction, string assignment, string after, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredReport>(
            $"SELECT {Columns} FROM report WHERE assignment = @assignment AND cluster > @after ORDER BY cluster LIMIT @limit", new { assignment, after, limit }, cancellationToken);

    // A Ready of other values, or one that was interrupted, starts the soak anew.
    private static DateTimeOffset? ReadySince(StoredReport report, ReportState? before) =>
        report.Phase != ReadyPhase ? null
        : before is { Phase: ReadyPhase, ReadySince: { } since } && before.Revision == report.Revision && before.SpecDigest == report.SpecDigest ? since
        : report.Received;

    private sealed record LiveFence(string Cluster, long Fence);
}
