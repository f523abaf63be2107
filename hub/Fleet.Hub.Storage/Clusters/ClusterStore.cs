using Fleet.Hub.Storage.Resources;

namespace Fleet.Hub.Storage.Clusters;

/// <summary>The managed clusters. Each write of what operators see adds to the change feed.</summary>
public sealed class ClusterStore(ChangeFeedStore feed)
{
    public const string Kind = "Cluster";

    private const string Columns =
        "id, name, version, generation, labels, annotations, spec, kube_uid, state, state_since, last_seen, agent_version, kubernetes_version, created, changed, deleted_at, revoked_at";

    public Task<StoredCluster?> GetAsync(Transaction transaction, string id, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredCluster>($"SELECT {Columns} FROM cluster WHERE id = @id", new { id }, cancellationToken);

    /// <summary>Like <see cref="GetAsync"/>, and nobody else changes it before the transaction ends.</summary>
    public Task<StoredCluster?> LockAsync(Transaction transaction, string id, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredCluster>($"SELECT {Columns} FROM cluster WHERE id = @id {transaction.Dialect.ForUpdate}", new { id }, cancellationToken);

    public Task<StoredCluster?> GetByNameAsync(Transaction transaction, string name, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredCluster>($"SELECT {Columns} FROM cluster WHERE name = @name", new { name }, cancellationToken);

    public Task<StoredCluster?> GetByKubeUidAsync(Transaction transaction, string kubeUid, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredCluster>($"SELECT {Columns} FROM cluster WHERE kube_uid = @kubeUid AND kube_uid <> ''", new { kubeUid }, cancellationToken);

    public Task<IReadOnlyList<StoredCluster>> GetManyAsync(Transaction transaction, IEnumerable<string> ids, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredCluster>(
            $"SELECT {Columns} FROM cluster WHERE {transaction.Dialect.In("id", "ids")} ORDER BY id", new { ids = transaction.Dialect.List(ids) }, cancellationToken);

    /// <summary>A page in order of name, after <paramref name="after"/> (empty: from the start).</summary>
    public Task<IReadOnlyList<StoredCluster>> ListAsync(Transaction transaction, string after, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredCluster>($"SELECT {Columns} FROM cluster WHERE name > @after ORDER BY name LIMIT @limit", new { after, limit }, cancellationToken);

    /// <summary>Id, name, labels and state of all clusters, for selectors: without bodies.</summary>
    public Task<IReadOnlyList<ClusterLabels>> AllLabelsAsync(Transaction transaction, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ClusterLabels>("SELECT id, name, labels, state, deleted_at FROM cluster ORDER BY id", null, cancellationToken);

    /// <summary>Stores a new cluster at version 1 with an identity and an empty desired state; false: name, id or kube-system UID is taken.</summary>
    public async Task<bool> InsertAsync(Transaction transaction, StoredCluster cluster, ClusterIdentity identity, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            INSERT INTO cluster ({Columns})
            VALUES (@Id, @Name, 1, @Generation, @Labels, @Annotations, @Spec, @KubeUid, @State, @StateSince, @LastSeen, @AgentVersion, @KubernetesVersion, @Created, @Changed, @DeletedAt, @RevokedAt)
            ON CONFLICT DO NOTHING
            """;
        if (await transaction.ExecuteAsync(Sql, cluster, cancellationToken).ConfigureAwait(false) == 0)
        {
            return false;
        }

        await PutIdentityAsync(transaction, identity with { Cluster = cluster.Id }, cancellationToken).ConfigureAwait(false);
        await Sessions.SyncStore.InsertAsync(transaction, cluster.Id, cancellationToken).ConfigureAwait(false);
        await FeedAsync(transaction, cluster.Id, cluster.Name, 1, ChangeOperation.Added, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Stores all but the state and what the agent said, if the stored version is still <see cref="StoredCluster.Version"/>; the new version, or null.</summary>
    public async Task<long?> UpdateAsync(Transaction transaction, StoredCluster cluster, CancellationToken cancellationToken)
    {
        const string Sql = """
            UPDATE cluster SET version = version + 1, generation = @Generation, labels = @Labels, annotations = @Annotations, spec = @Spec,
                kube_uid = @KubeUid, changed = @Changed, deleted_at = @DeletedAt, revoked_at = @RevokedAt
            WHERE id = @Id AND version = @Version
            """;
        if (await transaction.ExecuteAsync(Sql, cluster, cancellationToken).ConfigureAwait(false) == 0)
        {
            return null;
        }

        await FeedAsync(transaction, cluster.Id, cluster.Name, cluster.Version + 1, ChangeOperation.Modified, cancellationToken).ConfigureAwait(false);
        return cluster.Version + 1;
    }

    /// <summary>Moves a cluster to another state, whatever its version; false: it is in that state already, or gone.</summary>
    public Task<bool> TransitionAsync(Transaction transaction, string id, string state, DateTimeOffset now, DateTimeOffset? lastSeen, CancellationToken cancellationToken) =>
        TransitionAsync(transaction, id, state, now, lastSeen, null, cancellationToken);

    /// <summary>The same, but only while <paramref name="fence"/> is still the cluster's: what an older session saw counts no more.</summary>
    public async Task<bool> TransitionAsync(Transaction transaction, string id, string state, DateTimeOffset now, DateTimeOffset? lastSeen, long? fence, CancellationToken cancellationToken)
    {
        const string Sql = """
            UPDATE cluster SET version = version + 1, state = @state, state_since = @now, last_seen = COALESCE(@lastSeen, last_seen), changed = @now
            WHERE id = @id AND state <> @state
                AND (@fence IS NULL OR EXISTS (SELECT 1 FROM cluster_sync s WHERE s.cluster = @id AND s.fence = @fence))
            RETURNING name, version
            """;
        var changed = await transaction.FirstAsync<Written>(Sql, new { id, state, now, lastSeen, fence }, cancellationToken).ConfigureAwait(false);
        if (changed is null)
        {
            return false;
        }

        await FeedAsync(transaction, id, changed.Name, changed.Version, ChangeOperation.Modified, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Notes what the agent said at Hello.</summary>
    public Task SeenAsync(Transaction transaction, string id, string agentVersion, string kubernetesVersion, DateTimeOffset now, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            "UPDATE cluster SET last_seen = @now, agent_version = @agentVersion, kubernetes_version = @kubernetesVersion WHERE id = @id",
            new { id, agentVersion, kubernetesVersion, now },
            cancellationToken);

    /// <summary>Notes when the agent was last heard.</summary>
    public Task SeenAtAsync(Transaction transaction, string id, DateTimeOffset heard, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync("UPDATE cluster SET last_seen = @heard WHERE id = @id AND (last_seen IS NULL OR last_seen < @heard)", new { id, heard }, cancellationToken);

    /// <summary>Removes the cluster with its identity, session, targets and reports; false: it was gone.</summary>
    public async Task<bool> RemoveAsync(Transaction transaction, string id, CancellationToken cancellationToken)
    {
        var removed = await transaction.FirstAsync<Written>("DELETE FROM cluster WHERE id = @id RETURNING name, version", new { id }, cancellationToken).ConfigureAwait(false);
        if (removed is null)
        {
            return false;
        }

        await FeedAsync(transaction, id, removed.Name, removed.Version, ChangeOperation.Deleted, cancellationToken).ConfigureAwait(false);
        return true;
    }

    public Task<ClusterIdentity?> GetIdentityAsync(Transaction transaction, string cluster, CancellationToken cancellationToken) =>
        transaction.FirstAsync<ClusterIdentity>($"SELECT {IdentityColumns} FROM cluster_identity WHERE cluster = @cluster", new { cluster }, cancellationToken);

    public Task<IReadOnlyList<ClusterIdentity>> GetIdentitiesAsync(Transaction transaction, IEnumerable<string> clusters, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ClusterIdentity>(
            $"SELECT {IdentityColumns} FROM cluster_identity WHERE {transaction.Dialect.In("cluster", "clusters")} ORDER BY cluster",
            new { clusters = transaction.Dialect.List(clusters) },
            cancellationToken);

    /// <summary>Like <see cref="GetIdentityAsync"/>, and nobody else changes it before the transaction ends.</summary>
    public Task<ClusterIdentity?> LockIdentityAsync(Transaction transaction, string cluster, CancellationToken cancellationToken) =>
        transaction.FirstAsync<ClusterIdentity>(
            $"SELECT {IdentityColumns} FROM cluster_identity WHERE cluster = @cluster {transaction.Dialect.ForUpdate}", new { cluster }, cancellationToken);

    /// <summary>The identity that is bound to a key, as its current or next one.</summary>
    public Task<ClusterIdentity?> FindIdentityAsync(Transaction transaction, byte[] keyHash, CancellationToken cancellationToken) =>
        transaction.FirstAsync<ClusterIdentity>(
            $"SELECT {IdentityColumns} FROM cluster_identity WHERE key_hash = @keyHash OR next_key_hash = @keyHash", new { keyHash }, cancellationToken);

    public Task PutIdentityAsync(Transaction transaction, ClusterIdentity identity, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            INSERT INTO cluster_identity ({IdentityColumns})
            VALUES (@Cluster, @Key, @KeyHash, @NextKey, @NextKeyHash, @CertificateSerial, @PreviousCertificateSerial, @CertificateExpiry, @Recoveries, @PendingKey, @PendingRequestId, @PendingToken, @PendingSince)
            ON CONFLICT (cluster) DO UPDATE SET key = excluded.key, key_hash = excluded.key_hash, next_key = excluded.next_key, next_key_hash = excluded.next_key_hash,
                certificate_serial = excluded.certificate_serial, previous_certificate_serial = excluded.previous_certificate_serial,
                certificate_expiry = excluded.certificate_expiry, recoveries = excluded.recoveries, pending_key = excluded.pending_key,
                pending_request_id = excluded.pending_request_id, pending_token = excluded.pending_token, pending_since = excluded.pending_since
            """;
        return transaction.ExecuteAsync(Sql, identity, cancellationToken);
    }

    private const string IdentityColumns =
        "cluster, key, key_hash, next_key, next_key_hash, certificate_serial, previous_certificate_serial, certificate_expiry, recoveries, pending_key, pending_request_id, pending_token, pending_since";

    private Task FeedAsync(Transaction transaction, string id, string name, long version, ChangeOperation operation, CancellationToken cancellationToken) =>
        feed.AppendAsync(transaction, new(Kind, name, id, version, operation), cancellationToken);

    private sealed record Written(string Name, long Version);
}

/// <summary>What selectors need of a cluster.</summary>
public sealed record ClusterLabels(string Id, string Name, IReadOnlyDictionary<string, string> Labels, string State, DateTimeOffset? DeletedAt);
