namespace Fleet.Hub.Storage.Resources;

/// <summary>The declared resources. Each write adds a change to the feed and signals <see cref="Signals.Topics.Resources"/>.</summary>
public sealed class ResourceStore(ChangeFeedStore feed)
{
    private const string Columns = "kind, name, uid, version, generation, labels, body, created, changed, deleted_at";

    public Task<StoredResource?> GetAsync(Transaction transaction, string kind, string name, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredResource>($"SELECT {Columns} FROM resource WHERE kind = @kind AND name = @name", new { kind, name }, cancellationToken);

    /// <summary>Like <see cref="GetAsync"/>, and nobody else changes it before the transaction ends.</summary>
    public Task<StoredResource?> LockAsync(Transaction transaction, string kind, string name, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredResource>(
            $"SELECT {Columns} FROM resource WHERE kind = @kind AND name = @name {transaction.Dialect.ForUpdate}", new { kind, name }, cancellationToken);

    public Task<StoredResource?> GetByUidAsync(Transaction transaction, string uid, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredResource>($"SELECT {Columns} FROM resource WHERE uid = @uid", new { uid }, cancellationToken);

    /// <summary>A page in order of name, after <paramref name="after"/> (empty: from the start).</summary>
    public Task<IReadOnlyList<StoredResource>> ListAsync(Transaction transaction, string kind, string after, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredResource>(
            $"SELECT {Columns} FROM resource WHERE kind = @kind AND name > @after ORDER BY name LIMIT @limit", new { kind, after, limit }, cancellationToken);

    public async Task<long> CountAsync(Transaction transaction, string kind, CancellationToken cancellationToken) =>
        await transaction.FirstAsync<long>("SELECT count(*) FROM resource WHERE kind = @kind", new { kind }, cancellationToken).ConfigureAwait(false);

    /// <summary>Stores a new resource at version 1; false: the name is taken.</summary>
    public async Task<bool> InsertAsync(Transaction transaction, StoredResource resource, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            INSERT INTO resource ({Columns})
            VALUES (@Kind, @Name, @Uid, 1, @Generation, @Labels, @Body, @Created, @Changed, NULL)
            ON CONFLICT (kind, name) DO NOTHING
            """;
        return await transaction.ExecuteAsync(Sql, resource, cancellationToken).ConfigureAwait(false) == 1
            && await FeedAsync(transaction, resource with { Version = 1 }, ChangeOperation.Added, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Stores labels, body, generation and times of an existing resource if its stored version is still
    /// <see cref="StoredResource.Version"/>, and gives its new version; null: someone else was first, or it is gone.
    /// </summary>
    public async Task<long?> UpdateAsync(Transaction transaction, StoredResource resource, CancellationToken cancellationToken)
    {
        const string Sql = """
            UPDATE resource SET version = version + 1, generation = @Generation, labels = @Labels, body = @Body, changed = @Changed, deleted_at = @DeletedAt
            WHERE uid = @Uid AND version = @Version
            """;
        if (await transaction.ExecuteAsync(Sql, resource, cancellationToken).ConfigureAwait(false) == 0)
        {
            return null;
        }

        var version = resource.Version + 1;
        await FeedAsync(transaction, resource with { Version = version }, ChangeOperation.Modified, cancellationToken).ConfigureAwait(false);
        return version;
    }

    /// <summary>Marks the resource as being deleted; the new version, or null as for <see cref="UpdateAsync"/>.</summary>
    public Task<long?> MarkDeletedAsync(Transaction transaction, StoredResource resource, DateTimeOffset now, CancellationToken cancellationToken) =>
        UpdateAsync(transaction, resource with { DeletedAt = resource.DeletedAt ?? now, Changed = now }, cancellationToken);

    /// <summary>Removes the row; false: it was gone.</summary>
    public async Task<bool> RemoveAsync(Transaction transaction, StoredResource resource, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync("DELETE FROM resource WHERE uid = @Uid", resource, cancellationToken).ConfigureAwait(false) == 1
        && await FeedAsync(transaction, resource, ChangeOperation.Deleted, cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Stores the serialised status beside the resource and raises its version, but not its generation; false: it says
    /// the same already (nothing is written), or the resource is gone.
    /// </summary>
    public async Task<bool> PutStatusAsync(Transaction transaction, string uid, byte[] status, DateTimeOffset now, CancellationToken cancellationToken)
    {
        const string Sql = """
            INSERT INTO resource_status (uid, body, changed) SELECT uid, @status, @now FROM resource WHERE uid = @uid
            ON CONFLICT (uid) DO UPDATE SET body = excluded.body, changed = excluded.changed WHERE resource_status.body <> excluded.body
            """;
        if (await transaction.ExecuteAsync(Sql, new { uid, status, now }, cancellationToken).ConfigureAwait(false) == 0)
        {
            return false;
        }

        var written = await transaction.FirstAsync<StoredResource>(
            $"UPDATE resource SET version = version + 1 WHERE uid = @uid RETURNING {Columns}", new { uid }, cancellationToken).ConfigureAwait(false);
        return written is not null && await FeedAsync(transaction, written, ChangeOperation.Modified, cancellationToken).ConfigureAwait(false);
    }

    public Task<byte[]?> GetStatusAsync(Transaction transaction, string uid, CancellationToken cancellationToken) =>
        transaction.FirstAsync<byte[]>("SELECT body FROM resource_status WHERE uid = @uid", new { uid }, cancellationToken);

    /// <summary>The stored statuses of these resources; those without one are left out.</summary>
    public Task<IReadOnlyList<StoredStatus>> StatusesAsync(Transaction transaction, IEnumerable<string> uids, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredStatus>(
            $"SELECT uid, body FROM resource_status WHERE {transaction.Dialect.In("uid", "uids")}", new { uids = transaction.Dialect.List(uids) }, cancellationToken);

    /// <summary>The stored statuses of a kind.</summary>
    public Task<IReadOnlyList<StoredStatus>> StatusesAsync(Transaction transaction, string kind, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredStatus>(
            "SELECT s.uid, s.body FROM resource_status s JOIN resource r ON r.uid = s.uid WHERE r.kind = @kind ORDER BY s.uid", new { kind }, cancellationToken);

    private async Task<bool> FeedAsync(Transaction transaction, StoredResource resource, ChangeOperation operation, CancellationToken cancellationToken)
    {
        await feed.AppendAsync(transaction, new(resource.Kind, resource.Name, resource.Uid, resource.Version, operation), cancellationToken).ConfigureAwait(false);
        return true;
    }
}
