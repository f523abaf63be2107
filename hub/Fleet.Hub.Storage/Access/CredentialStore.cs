namespace Fleet.Hub.Storage.Access;

/// <summary>A Git credential. Its secret part is sealed (see Sealing); type and user name are shown.</summary>
public sealed record StoredCredential(string Name, string Type, string Username, string KeyId, byte[] Sealed, long Version, DateTimeOffset Changed);

/// <summary>Named credentials for Git sources.</summary>
public sealed class CredentialStore
{
    private const string Columns = "name, type, username, key_id, sealed, version, changed";

    /// <summary>Stores or replaces a credential; its Version is counted by the store.</summary>
    public Task PutAsync(Transaction transaction, StoredCredential credential, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            INSERT INTO credential ({Columns}) VALUES (@Name, @Type, @Username, @KeyId, @Sealed, 1, @Changed)
            ON CONFLICT (name) DO UPDATE SET type = excluded.type, username = excluded.username, key_id = excluded.key_id,
                sealed = excluded.sealed, version = credential.version + 1, changed = excluded.changed
            """;
        return transaction.ExecuteAsync(Sql, credential, cancellationToken);
    }

    public Task<StoredCredential?> GetAsync(Transaction transaction, string name, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredCredential>($"SELECT {Columns} FROM credential WHERE name = @name", new { name }, cancellationToken);

    public Task<IReadOnlyList<StoredCredential>> ListAsync(Transaction transaction, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredCredential>($"SELECT {Columns} FROM credential ORDER BY name", null, cancellationToken);

    /// <summary>False: it was gone.</summary>
    public async Task<bool> RemoveAsync(Transaction transaction, string name, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync("DELETE FROM credential WHERE name = @name", new { name }, cancellationToken).ConfigureAwait(false) == 1;
}
