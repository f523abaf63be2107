using Fleet.Hub.Storage.Signals;

namespace Fleet.Hub.Storage.Sessions;

/// <summary>Each cluster's session, fence, and what its agent has of its desired state.</summary>
public sealed class SyncStore
{
    /// <summary>How many links of each cluster's chain are kept.</summary>
    public const int ChainLinks = 256;

    private const string Columns =
        "cluster, node, session_id, boot_id, fence, continuity, previous_continuity, previous_uses, desired_generation, chain, acked_generation, acked_chain, lineage, attached_at, detached_at, quarantine";

    public Task<ClusterSync?> GetAsync(Transaction transaction, string cluster, CancellationToken cancellationToken) =>
        transaction.FirstAsync<ClusterSync>($"SELECT {Columns} FROM cluster_sync WHERE cluster = @cluster", new { cluster }, cancellationToken);

    /// <summary>Like <see cref="GetAsync"/>, and nobody else changes it before the transaction ends.</summary>
    public Task<ClusterSync?> LockAsync(Transaction transaction, string cluster, CancellationToken cancellationToken) =>
        transaction.FirstAsync<ClusterSync>($"SELECT {Columns} FROM cluster_sync WHERE cluster = @cluster {transaction.Dialect.ForUpdate}", new { cluster }, cancellationToken);

    public Task<IReadOnlyList<ClusterSync>> GetManyAsync(Transaction transaction, IEnumerable<string> clusters, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ClusterSync>(
            $"SELECT {Columns} FROM cluster_sync WHERE {transaction.Dialect.In("cluster", "clusters")} ORDER BY cluster",
            new { clusters = transaction.Dialect.List(clusters) },
            cancellationToken);

    /// <summary>Makes this the one live session and gives its fence; null: the cluster is gone or quarantined.</summary>
    public async Task<long?> AttachAsync(Transaction transaction, SessionAttach session, DateTimeOffset now, CancellationToken cancellationToken)
    {
        const string Sql = """
            UPDATE cluster_sync SET fence = fence + 1, node = @node, session_id = @sessionId, boot_id = @bootId, continuity = @continuity,
                previous_continuity = @previousContinuity, previous_uses = @previousUses, attached_at = @now, detached_at = NULL
            WHERE cluster = @cluster AND quarantine = ''
            RETURNING fence
            """;
        var (cluster, node, sessionId, bootId, continuity, previousContinuity, previousUses) = session;
        var fence = await transaction.FirstAsync<long?>(
            Sql,
            new { cluster, node, sessionId, bootId, continuity, previousContinuity, previousUses, now },
            cancellationToken).ConfigureAwait(false);
        transaction.Signal(Topics.Sessions);
        return fence;
    }

    /// <summary>Ends a session; false: it is not the live one any more.</summary>
    public async Task<bool> DetachAsync(Transaction transaction, string cluster, long fence, DateTimeOffset now, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            "UPDATE cluster_sync SET node = NULL, session_id = NULL, detached_at = @now WHERE cluster = @cluster AND fence = @fence AND session_id IS NOT NULL",
            new { cluster, fence, now },
            cancellationToken).ConfigureAwait(false) == 1;

    /// <summary>Ends all sessions of a hub node that died.</summary>
    public async Task<IReadOnlyList<DetachedSession>> DetachNodeAsync(Transaction transaction, string node, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var held = await transaction.QueryAsync<DetachedSession>(
            $"SELECT cluster, session_id, fence FROM cluster_sync WHERE node = @node ORDER BY cluster {transaction.Dialect.ForUpdate}",
            new { node },
            cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            $"UPDATE cluster_sync SET node = NULL, session_id = NULL, detached_at = @now WHERE node = @node AND {transaction.Dialect.In("cluster", "clusters")}",
            new { node, now, clusters = transaction.Dialect.List(held.Select(session => session.Cluster)) },
            cancellationToken).ConfigureAwait(false);
        transaction.Signal(Topics.Sessions);
        return held;
    }

    /// <summary>
    /// Ends the live session, if any, so that nothing it still sends counts, and with a reason keeps the cluster from
    /// having another (empty: it may have one). False: the cluster is gone.
    /// </summary>
    public async Task<bool> FenceOffAsync(Transaction transaction, string cluster, string quarantine, DateTimeOffset now, CancellationToken cancellationToken)
    {
        transaction.Signal(Topics.Sessions);
        return await transaction.ExecuteAsync(
            """
            UPDATE cluster_sync SET fence = fence + 1, node = NULL, session_id = NULL, quarantine = @quarantine,
                detached_at = CASE WHEN session_id IS NULL THEN detached_at ELSE @now END
            WHERE cluster = @cluster
            """,
            new { cluster, quarantine, now },
            cancellationToken).ConfigureAwait(false) == 1;
    }

    /// <summary>Takes another value as every cluster's continuity: what was given before is not known any more.</summary>
    public Task<int> ForgetContinuityAsync(Transaction transaction, byte[] forgotten, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync("UPDATE cluster_sync SET continuity = @forgotten, previous_continuity = @none, previous_uses = 0", new { forgotten, none = Array.Empty<byte>() }, cancellationToken);

    /// <summary>Sessions that this node holds.</summary>
    public Task<IReadOnlyList<ClusterSync>> OfNodeAsync(Transaction transaction, string node, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ClusterSync>($"SELECT {Columns} FROM cluster_sync WHERE node = @node ORDER BY cluster", new { node }, cancellationToken);

    /// <summary>Sessions of this node whose agents have not acknowledged their desired state.</summary>
    public Task<IReadOnlyList<ClusterBehind>> ClustersBehindAsync(Transaction transaction, string node, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ClusterBehind>(
            """
            SELECT cluster, session_id, fence, desired_generation, acked_generation FROM cluster_sync
            WHERE node = @node AND desired_generation > acked_generation LIMIT @limit
            """,
            new { node, limit },
            cancellationToken);

    /// <summary>
    /// Notes that the agent has persisted a generation; false: the session is not the live one, or the pair is not of
    /// this cluster's chain.
    /// </summary>
    public async Task<bool> AcknowledgeAsync(Transaction transaction, string cluster, long fence, long generation, byte[] chain, CancellationToken cancellationToken)
    {
        const string Sql = """
            UPDATE cluster_sync SET acked_generation = @generation, acked_chain = @chain
            WHERE cluster = @cluster AND fence = @fence AND @generation <= desired_generation
                AND (@generation = 0 OR EXISTS (
                    SELECT 1 FROM cluster_chain l WHERE l.cluster = @cluster AND l.generation = @generation AND l.chain = @chain))
            """;
        return await transaction.ExecuteAsync(Sql, new { cluster, fence, generation, chain }, cancellationToken).ConfigureAwait(false) == 1;
    }

    /// <summary>The kept link of a generation; null: older than the ring, or never written.</summary>
    public Task<ChainLink?> LinkAsync(Transaction transaction, string cluster, long generation, CancellationToken cancellationToken) =>
        transaction.FirstAsync<ChainLink>(
            "SELECT cluster, generation, chain, lineage FROM cluster_chain WHERE cluster = @cluster AND generation = @generation", new { cluster, generation }, cancellationToken);

    /// <summary>
    /// After an operator released a Fork: the cluster goes on from a generation above both what the hub and what the
    /// agent had, with a chain of its own beginning.
    /// </summary>
    public async Task<ChainLink> RestartChainAsync(Transaction transaction, string cluster, long above, byte[] lineage, CancellationToken cancellationToken)
    {
        var sync = await LockAsync(transaction, cluster, cancellationToken).ConfigureAwait(false)
            ?? throw new InvalidOperationException($"Cluster {cluster} is gone.");
        var generation = Math.Max(sync.DesiredGeneration, above) + 1;
        var link = new ChainLink(cluster, generation, Targets.Chain.Restart(sync.Chain, lineage, generation), lineage);
        await transaction.ExecuteAsync("INSERT INTO cluster_chain (cluster, generation, chain, lineage) VALUES (@Cluster, @Generation, @Chain, @Lineage)", link, cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            "UPDATE cluster_sync SET desired_generation = @Generation, chain = @Chain, lineage = @Lineage WHERE cluster = @Cluster", link, cancellationToken).ConfigureAwait(false);
        transaction.Signal(Topics.Targets, sync.Node);
        return link;
    }

    internal static Task InsertAsync(Transaction transaction, string cluster, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            $"""
            INSERT INTO cluster_sync ({Columns})
            VALUES (@cluster, NULL, NULL, '', 0, @none, @none, 0, 0, @zero, 0, @zero, @none, NULL, NULL, '')
            """,
            new { cluster, none = Array.Empty<byte>(), zero = Targets.Chain.Zero },
            cancellationToken);
}
