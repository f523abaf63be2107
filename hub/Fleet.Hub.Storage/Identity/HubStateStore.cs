namespace Fleet.Hub.Storage.Identity;

/// <summary>The hub's own identity and CAs.</summary>
public sealed class HubStateStore
{
    private const string Columns = "hub_id, trust_domain, lineage_epoch, system_identifier, timeline, key_check_key_id, key_check, created";
    private const string CaColumns = "id, role, certificate, key_id, sealed_key, created, expires, activated";

    public Task<HubState?> GetAsync(Transaction transaction, CancellationToken cancellationToken) =>
        transaction.FirstAsync<HubState>($"SELECT {Columns} FROM hub", null, cancellationToken);

    /// <summary>Stores the identity of a first start; false: another node was first, so read its.</summary>
    public async Task<bool> CreateAsync(Transaction transaction, HubState state, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            $"INSERT INTO hub (id, {Columns}) VALUES (1, @HubId, @TrustDomain, @LineageEpoch, @SystemIdentifier, @Timeline, @KeyCheckKeyId, @KeyCheck, @Created) ON CONFLICT DO NOTHING",
            state,
            cancellationToken).ConfigureAwait(false) == 1;

    public Task SetLineageAsync(Transaction transaction, Lineage lineage, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync("UPDATE hub SET lineage_epoch = @Epoch, system_identifier = @SystemIdentifier, timeline = @Timeline", lineage, cancellationToken);

    public Task SetKeyCheckAsync(Transaction transaction, string keyId, byte[] keyCheck, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync("UPDATE hub SET key_check_key_id = @keyId, key_check = @keyCheck", new { keyId, keyCheck }, cancellationToken);

    /// <summary>All CAs, the newest first.</summary>
    public Task<IReadOnlyList<HubCa>> CasAsync(Transaction transaction, CancellationToken cancellationToken) =>
        transaction.QueryAsync<HubCa>($"SELECT {CaColumns} FROM hub_ca ORDER BY created DESC, id", null, cancellationToken);

    public Task PutCaAsync(Transaction transaction, HubCa ca, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            INSERT INTO hub_ca ({CaColumns}) VALUES (@Id, @Role, @Certificate, @KeyId, @SealedKey, @Created, @Expires, @Activated)
            ON CONFLICT (id) DO UPDATE SET role = excluded.role, key_id = excluded.key_id, sealed_key = excluded.sealed_key, activated = excluded.activated
            """;
        return transaction.ExecuteAsync(Sql, ca, cancellationToken);
    }

    public Task RemoveCaAsync(Transaction transaction, string id, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync("DELETE FROM hub_ca WHERE id = @id", new { id }, cancellationToken);
}
