namespace Fleet.Hub.Storage.Enrollment;

/// <summary>A challenge of Recover: good once, for a short time, for one cluster.</summary>
public sealed record StoredChallenge(string Id, string Cluster, byte[] Nonce, DateTimeOffset Expires);

/// <summary>Open challenges of Recover.</summary>
public sealed class ChallengeStore
{
    public Task InsertAsync(Transaction transaction, StoredChallenge challenge, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync("INSERT INTO recover_challenge (id, cluster, nonce, expires) VALUES (@Id, @Cluster, @Nonce, @Expires)", challenge, cancellationToken);

    /// <summary>Takes a challenge, so that nobody can answer it again; null: unknown, answered before, or too late.</summary>
    public async Task<StoredChallenge?> TakeAsync(Transaction transaction, string id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var taken = await transaction.FirstAsync<StoredChallenge>(
            "DELETE FROM recover_challenge WHERE id = @id RETURNING id, cluster, nonce, expires", new { id }, cancellationToken).ConfigureAwait(false);
        return taken?.Expires > now ? taken : null;
    }

    public Task<int> SweepAsync(Transaction transaction, DateTimeOffset now, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync("DELETE FROM recover_challenge WHERE expires < @now", new { now }, cancellationToken);
}
