using Fleet.Hub.Storage.Signals;

namespace Fleet.Hub.Storage.Resources;

/// <summary>What changed, for Watch: a hint only, trimmed, whose reader lists again when its cursor is too old.</summary>
/// <remarks>
/// Rows commit out of order, so a reader that went by the number alone would lose changes. It goes by (writing
/// transaction, number) and sees only what no open transaction can come before: a long one, even in another database of
/// the same PostgreSQL server, delays the feed, and takes nothing from it.
/// </remarks>
public sealed class ChangeFeedStore
{
    public async Task AppendAsync(Transaction transaction, ResourceChange change, CancellationToken cancellationToken)
    {
        var (kind, name, uid, version, operation) = change;
        await transaction.ExecuteAsync(
            "INSERT INTO change_feed (kind, name, uid, version, operation) VALUES (@kind, @name, @uid, @version, @operation)",
            new { kind, name, uid, version, operation = operation.ToString() },
            cancellationToken).ConfigureAwait(false);
        transaction.Signal(Topics.Resources);
    }

    /// <summary>The cursor after everything so far: take it first, then list, then follow.</summary>
    public async Task<ChangeCursor> LatestAsync(Transaction transaction, CancellationToken cancellationToken) =>
        await transaction.FirstAsync<ChangeCursor>(
            $"SELECT transaction_id, seq FROM change_feed WHERE {transaction.Dialect.IsSettled("transaction_id")} ORDER BY transaction_id DESC, seq DESC LIMIT 1",
            null,
            cancellationToken).ConfigureAwait(false) ?? ChangeCursor.Start;

    /// <summary>Changes after <paramref name="cursor"/>, oldest first; null: the feed was trimmed beyond it, so list again.</summary>
    public async Task<IReadOnlyList<FeedEntry>?> SinceAsync(Transaction transaction, ChangeCursor cursor, int limit, CancellationToken cancellationToken)
    {
        if (cursor != ChangeCursor.Start)
        {
            var kept = await transaction.FirstAsync<long?>(
                "SELECT seq FROM change_feed WHERE transaction_id = @TransactionId AND seq = @Seq", cursor, cancellationToken).ConfigureAwait(false);
            if (kept is null)
            {
                return null;
            }
        }

        var sql = $"""
            SELECT transaction_id, seq, kind, name, uid, version, operation FROM change_feed
            WHERE (transaction_id, seq) > (@TransactionId, @Seq) AND {transaction.Dialect.IsSettled("transaction_id")}
            ORDER BY transaction_id, seq LIMIT @limit
            """;
        return await transaction.QueryAsync<FeedEntry>(sql, new { cursor.TransactionId, cursor.Seq, limit }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Keeps about the last <paramref name="keep"/> changes.</summary>
    public Task<int> TrimAsync(Transaction transaction, long keep, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync("DELETE FROM change_feed WHERE seq <= (SELECT max(seq) FROM change_feed) - @keep", new { keep }, cancellationToken);
}

/// <summary>A place in the feed.</summary>
public sealed record ChangeCursor(long TransactionId, long Seq)
{
    /// <summary>Before the first change.</summary>
    public static ChangeCursor Start { get; } = new(0, 0);
}

/// <summary>One change of a resource that the API shows.</summary>
public sealed record ResourceChange(string Kind, string Name, string Uid, long Version, ChangeOperation Operation);

/// <summary>One change as read from the feed.</summary>
public sealed record FeedEntry(long TransactionId, long Seq, string Kind, string Name, string Uid, long Version, ChangeOperation Operation)
{
    public ChangeCursor Cursor => new(TransactionId, Seq);
}

/// <summary>What happened to a resource.</summary>
public enum ChangeOperation
{
    Added,
    Modified,
    Deleted,
}
