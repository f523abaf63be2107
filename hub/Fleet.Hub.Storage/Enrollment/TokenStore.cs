using System.Security.Cryptography;
using Fleet.Hub.Storage.Resources;

namespace Fleet.Hub.Storage.Enrollment;

/// <summary>Enrollment tokens and what they were used for.</summary>
public sealed class TokenStore(ChangeFeedStore feed)
{
    public const string Kind = "EnrollmentToken";

    private const string Columns = "id, name, version, secret_hash, cluster_names, labels, uses, used, approval, created_by, created, expires, revoked_at";

    /// <summary>Stores a new token at version 1; false: name or id is taken.</summary>
    public async Task<bool> InsertAsync(Transaction transaction, StoredToken token, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            INSERT INTO token ({Columns})
            VALUES (@Id, @Name, 1, @SecretHash, @ClusterNames, @Labels, @Uses, 0, @Approval, @CreatedBy, @Created, @Expires, NULL)
            ON CONFLICT DO NOTHING
            """;
        if (await transaction.ExecuteAsync(Sql, token, cancellationToken).ConfigureAwait(false) == 0)
        {
            return false;
        }

        await feed.AppendAsync(transaction, new(Kind, token.Name, token.Id, 1, ChangeOperation.Added), cancellationToken).ConfigureAwait(false);
        return true;
    }

    public Task<StoredToken?> GetAsync(Transaction transaction, string id, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredToken>($"SELECT {Columns} FROM token WHERE id = @id", new { id }, cancellationToken);

    public Task<StoredToken?> GetByNameAsync(Transaction transaction, string name, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredToken>($"SELECT {Columns} FROM token WHERE name = @name", new { name }, cancellationToken);

    /// <summary>A page in order of name, after <paramref name="after"/> (empty: from the start).</summary>
    public Task<IReadOnlyList<StoredToken>> ListAsync(Transaction transaction, string after, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredToken>($"SELECT {Columns} FROM token WHERE name > @after ORDER BY name LIMIT @limit", new { after, limit }, cancellationToken);

    public Task<IReadOnlyList<TokenUse>> UsesAsync(Transaction transaction, string token, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<TokenUse>(
            "SELECT token, key_hash, cluster, cluster_name, request_id, used_at FROM token_use WHERE token = @token ORDER BY used_at LIMIT @limit", new { token, limit }, cancellationToken);

    /// <summary>
    /// Burns one use and binds the key's hash to the cluster, in this transaction. A key that is bound already gets its
    /// cluster again, also when the token has expired or is used up since: a lost answer costs nothing.
    /// </summary>
    /// <param name="transaction">Where the cluster is stored too.</param>
    /// <param name="secretHash">SHA-256 of the presented secret.</param>
    /// <param name="use">The use to burn; its Cluster is the id for a new cluster.</param>
    /// <param name="now">The hub's time.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<TokenBurn> BurnAsync(Transaction transaction, byte[] secretHash, TokenUse use, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var token = await transaction.FirstAsync<StoredToken>(
            $"SELECT {Columns} FROM token WHERE id = @Token {transaction.Dialect.ForUpdate}", new { use.Token }, cancellationToken).ConfigureAwait(false);
        if (token is null || !CryptographicOperations.FixedTimeEquals(token.SecretHash, secretHash))
        {
            return new(TokenOutcome.Unknown);
        }

        if (token.RevokedAt is not null)
        {
            return new(TokenOutcome.Revoked, Token: token);
        }

        var bound = await transaction.FirstAsync<string>(
            "SELECT cluster FROM token_use WHERE token = @Token AND key_hash = @KeyHash", new { use.Token, use.KeyHash }, cancellationToken).ConfigureAwait(false);
        if (bound is not null)
        {
            return new(TokenOutcome.Repeated, bound, token);
        }

        if (token.Expires <= now)
        {
            return new(TokenOutcome.Expired, Token: token);
        }

        if (token.Used >= token.Uses)
        {
            return new(TokenOutcome.UsedUp, Token: token);
        }

        await transaction.ExecuteAsync(
            "INSERT INTO token_use (token, key_hash, cluster, cluster_name, request_id, used_at) VALUES (@Token, @KeyHash, @Cluster, @ClusterName, @RequestId, @UsedAt)",
            use with { UsedAt = now },
            cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync("UPDATE token SET used = used + 1, version = version + 1 WHERE id = @Id", token, cancellationToken).ConfigureAwait(false);
        await feed.AppendAsync(transaction, new(Kind, token.Name, token.Id, token.Version + 1, ChangeOperation.Modified), cancellationToken).ConfigureAwait(false);
        return new(TokenOutcome.Burned, use.Cluster, token with { Used = token.Used + 1, Version = token.Version + 1 });
    }

    /// <summary>Ends a token; false: unknown, or ended before.</summary>
    public async Task<bool> RevokeAsync(Transaction transaction, string name, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var revoked = await transaction.QueryAsync<Revoked>(
            "UPDATE token SET revoked_at = @now, version = version + 1 WHERE name = @name AND revoked_at IS NULL RETURNING id, name, version", new { name, now }, cancellationToken).ConfigureAwait(false);
        return await FeedAsync(transaction, revoked, cancellationToken).ConfigureAwait(false) == 1;
    }

    /// <summary>Ends all tokens: what a change of lineage asks for. Gives how many.</summary>
    public async Task<int> RevokeAllAsync(Transaction transaction, DateTimeOffset now, CancellationToken cancellationToken) =>
        await FeedAsync(
            transaction,
            await transaction.QueryAsync<Revoked>(
                "UPDATE token SET revoked_at = @now, version = version + 1 WHERE revoked_at IS NULL RETURNING id, name, version", new { now }, cancellationToken).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);

    /// <summary>Forgets tokens that ended before a time.</summary>
    public Task<int> SweepAsync(Transaction transaction, DateTimeOffset before, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync("DELETE FROM token WHERE expires < @before AND (revoked_at IS NULL OR revoked_at < @before)", new { before }, cancellationToken);

    private async Task<int> FeedAsync(Transaction transaction, IReadOnlyList<Revoked> revoked, CancellationToken cancellationToken)
    {
        foreach (var (id, name, version) in revoked)
        {
            await feed.AppendAsync(transaction, new(Kind, name, id, version, ChangeOperation.Modified), cancellationToken).ConfigureAwait(false);
        }

        return revoked.Count;
    }

    private sealed record Revoked(string Id, string Name, long Version);
}
