using Fleet.Hub.Storage.Rows;
using Fleet.Hub.Storage.Signals;

namespace Fleet.Hub.Storage.Targets;

/// <summary>The one operation that changes desired state.</summary>
/// <remarks>
/// Clusters are locked in order of id, 500 at a time: unordered, eight writers spent their time in deadlocks (130
/// transactions and 12 deadlocks in 10 s, against 738 and none).
/// </remarks>
public static class TargetChanges
{
    public const int ClustersPerChunk = 500;

    private static readonly Bulk<StoredTarget> Upsert = new(
        $$"""
        INSERT INTO target ({{TargetStore.Columns}})
        SELECT {{TargetStore.Columns}} FROM ({rows}) v WHERE true
        ON CONFLICT (cluster, assignment) DO UPDATE SET assignment_name = excluded.assignment_name, revision = excluded.revision,
            spec_digest = excluded.spec_digest, closure_digest = excluded.closure_digest, generation = excluded.generation,
            released_holds = excluded.released_holds, tombstone_cause = excluded.tombstone_cause,
            tombstone_policy = excluded.tombstone_policy, audit_id = excluded.audit_id, changed = excluded.changed
        """,
        new("cluster", BulkType.Text, row => row.Cluster),
        new("assignment", BulkType.Text, row => row.Assignment),
        new("assignment_name", BulkType.Text, row => row.AssignmentName),
        new("revision", BulkType.Text, row => row.Revision),
        new("spec_digest", BulkType.Text, row => row.SpecDigest),
        new("closure_digest", BulkType.Text, row => row.ClosureDigest),
        new("generation", BulkType.Integer, row => row.Generation),
        new("released_holds", BulkType.Text, row => Json.Write(row.ReleasedHolds)),
        new("tombstone_cause", BulkType.Text, row => row.TombstoneCause),
        new("tombstone_policy", BulkType.Text, row => row.TombstonePolicy),
        new("audit_id", BulkType.Text, row => row.AuditId),
        new("changed", BulkType.Integer, row => Instant.ToMicroseconds(row.Changed)));

    private static readonly Bulk<Link> Advance = new(
        """
        UPDATE cluster_sync SET desired_generation = v.generation, chain = v.chain, lineage = v.lineage
        FROM ({rows}) v WHERE cluster_sync.cluster = v.cluster
        """,
        Links());

    private static readonly Bulk<Link> Keep = new(
        "INSERT INTO cluster_chain (cluster, generation, chain, lineage) SELECT cluster, generation, chain, lineage FROM ({rows}) v",
        Links());

    private static readonly Bulk<Link> Forget = new(
        $$"""
        DELETE FROM cluster_chain WHERE EXISTS (
            SELECT 1 FROM ({rows}) v WHERE cluster_chain.cluster = v.cluster AND cluster_chain.generation <= v.generation - {{Sessions.SyncStore.ChainLinks}})
        """,
        Links()[..2]);

    private static readonly Bulk<StoredTarget> NoteRemoval = new(
        "INSERT INTO removal (cluster, assignment, removed_at) SELECT cluster, assignment, changed FROM ({rows}) v WHERE true ON CONFLICT DO NOTHING",
        new("cluster", BulkType.Text, row => row.Cluster),
        new("assignment", BulkType.Text, row => row.Assignment),
        new("changed", BulkType.Integer, row => Instant.ToMicroseconds(row.Changed)));

    /// <summary>Splits a wave so that each part can be a transaction of its own.</summary>
    public static IEnumerable<IReadOnlyList<TargetChange>> Chunks(IEnumerable<TargetChange> changes) => changes
        .GroupBy(change => change.Cluster, StringComparer.Ordinal)
        .OrderBy(group => group.Key, StringComparer.Ordinal)
        .Chunk(ClustersPerChunk)
        .Select(groups => groups.SelectMany(group => group).ToArray());

    internal static async Task<IReadOnlyList<ChangedCluster>> ApplyAsync(
        Transaction transaction, IEnumerable<TargetChange> changes, byte[] lineage, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var changed = new List<ChangedCluster>();
        foreach (var chunk in Chunks(changes))
        {
            await ApplyChunkAsync(transaction, chunk, lineage, now, changed, cancellationToken).ConfigureAwait(false);
        }

        foreach (var node in changed.Select(cluster => cluster.Node).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            transaction.Signal(Topics.Targets, node);
        }

        return changed;
    }

    private static async Task ApplyChunkAsync(
        Transaction transaction, IReadOnlyList<TargetChange> chunk, byte[] lineage, DateTimeOffset now, List<ChangedCluster> changed, CancellationToken cancellationToken)
    {
        var dialect = transaction.Dialect;
        var clusters = dialect.List(chunk.Select(change => change.Cluster).Distinct(StringComparer.Ordinal));
        var assignments = dialect.List(chunk.Select(change => change.Assignment).Distinct(StringComparer.Ordinal));
        var locked = await transaction.QueryAsync<Locked>(
            $"SELECT cluster, node, desired_generation, chain FROM cluster_sync WHERE {dialect.In("cluster", "clusters")} ORDER BY cluster {dialect.ForUpdate}",
            new { clusters },
            cancellationToken).ConfigureAwait(false);
        var stored = (await transaction.QueryAsync<StoredTarget>(
            $"SELECT {TargetStore.Columns} FROM target WHERE {dialect.In("cluster", "clusters")} AND {dialect.In("assignment", "assignments")}",
            new { clusters, assignments },
            cancellationToken).ConfigureAwait(false)).ToDictionary(target => (target.Cluster, target.Assignment));

        // A cluster that is gone by now is not in locked, and its changes fall away.
        var wanted = chunk.ToLookup(change => change.Cluster, StringComparer.Ordinal);
        var targets = new List<StoredTarget>();
        var removals = new List<StoredTarget>();
        var links = new List<Link>();
        foreach (var sync in locked)
        {
            var news = wanted[sync.Cluster]
                .GroupBy(change => change.Assignment, StringComparer.Ordinal)
                .Select(group => group.Last())
                .Where(change => !change.IsStored(stored.GetValueOrDefault((change.Cluster, change.Assignment))))
                .ToArray();
            if (news.Length == 0)
            {
                continue;
            }

            var link = new Link(sync.Cluster, sync.DesiredGeneration + 1, Chain.Next(sync.Chain, lineage, news), lineage);
            links.Add(link);
            changed.Add(new(link.Cluster, link.Generation, link.Chain, sync.Node));
            foreach (var change in news)
            {
                var before = stored.GetValueOrDefault((change.Cluster, change.Assignment));
                var target = Target(change, before, link.Generation, now);
                targets.Add(target);
                if (target.IsTombstone && before is { IsTombstone: false })
                {
                    removals.Add(target);
                }
            }
        }

        await transaction.ExecuteAsync(Upsert, targets, cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync(NoteRemoval, removals, cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync(Advance, links, cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync(Keep, links, cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync(Forget, [.. links.Where(link => link.Generation > Sessions.SyncStore.ChainLinks)], cancellationToken).ConfigureAwait(false);
    }

    // A tombstone keeps what the target last was: operators see what is being removed.
    private static StoredTarget Target(TargetChange change, StoredTarget? before, long generation, DateTimeOffset now) => change.IsRemoval && before is not null
        ? before with { Generation = generation, TombstoneCause = change.TombstoneCause, TombstonePolicy = change.TombstonePolicy, AuditId = change.AuditId, Changed = now }
        : new(
            change.Cluster, change.Assignment, change.AssignmentName, change.Revision, change.SpecDigest, change.ClosureDigest,
            generation, change.ReleasedHolds, null, null, change.AuditId, now);

    private static BulkColumn<Link>[] Links() =>
    [
        new("cluster", BulkType.Text, link => link.Cluster),
        new("generation", BulkType.Integer, link => link.Generation),
        new("chain", BulkType.Bytes, link => link.Chain),
        new("lineage", BulkType.Bytes, link => link.Lineage),
    ];

    private sealed record Locked(string Cluster, string? Node, long DesiredGeneration, byte[] Chain);

    private sealed record Link(string Cluster, long Generation, byte[] Chain, byte[] Lineage);
}
