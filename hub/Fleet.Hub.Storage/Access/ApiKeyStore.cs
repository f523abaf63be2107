namespace Fleet.Hub.Storage.Access;

/// <summary>An operator's key; stored as a hash only.</summary>
public sealed record StoredApiKey(
    string Name, byte[] Hash, string Role, string CreatedBy, DateTimeOffset Created, DateTimeOffset? Expires, DateTimeOffset? LastUsed, DateTimeOffset? RevokedAt);

/// <summary>API keys, by the SHA-256 of what the caller presents.</summary>
public sealed class ApiKeyStore
{
    private const string Columns = "name, hash, role, created_by, created, expires, last_used, revoked_at";

    /// <summary>False: the name is taken.</summary>
    public async Task<bool> InsertAsync(Transaction transaction, StoredApiKey key, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            $"INSERT INTO api_key ({Columns}) VALUES (@Name, @Hash, @Role, @CreatedBy, @Created, @Expires, @LastUsed, @RevokedAt) ON CONFLICT DO NOTHING", key, cancellationToken).ConfigureAwait(false) == 1;

    public Task<StoredApiKey?> FindAsync(Transaction transaction, byte[] hash, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredApiKey>($"SELECT {Columns} FROM api_key WHERE hash = @hash", new { hash }, cancellationToken);

    public Task<StoredApiKey?> GetAsync(Transaction transaction, string name, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredApiKey>($"SELECT {Columns} FROM api_key WHERE name = @name", new { name }, cancellationToken);

    public Task<IReadOnlyList<StoredApiKey>> ListAsync(Transaction transaction, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredApiKey>($"SELECT {Columns} FROM api_key ORDER BY name", null, cancellationToken);

    /// <summary>Notes a use; call it at most once a minute for each key.</summary>
    public Task TouchAsync(Transaction transaction, string name, DateTimeOffset now, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync("UPDATE api_key SET last_used = @now WHERE name = @name", new { name, now }, cancellationToken);

    /// <summary>False: unknown, or revoked before.</summary>
    public async Task<bool> RevokeAsync(Transaction transaction, string name, DateTimeOffset now, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync("UPDATE api_key SET revoked_at = @now WHERE name = @name AND revoked_at IS NULL", new { name, now }, cancellationToken).ConfigureAwait(false) == 1;
}
