using Fleet.Hub.Storage.Resources;

namespace Fleet.Hub.Storage.Holds;

/// <summary>Removals that wait for an operator.</summary>
/// <param name="Id">A uuid; targets name it once it is released.</param>
/// <param name="Name">Unique; shown to operators.</param>
/// <param name="Reason">MassRemoval, ClusterRemovals, MassPrune, EmptyRender, ProtectedKind or RestoredSecret.</param>
/// <param name="Message">What would happen, and what to do.</param>
/// <param name="Cluster">Id, or empty.</param>
/// <param name="Assignment">Uid, or empty.</param>
/// <param name="Items">What would be removed, at most 100.</param>
/// <param name="ItemCount">How much in all.</param>
/// <param name="Since">When it was raised.</param>
/// <param name="Outcome">Empty while open; then Released, Refused or Gone.</param>
/// <param name="SettledAt">When it was settled.</param>
/// <param name="SettledBy">Who settled it.</param>
public sealed record StoredHold(
    string Id,
    string Name,
    string Reason,
    string Message,
    string Cluster,
    string Assignment,
    IReadOnlyList<string> Items,
    long ItemCount,
    DateTimeOffset Since,
    string Outcome,
    DateTimeOffset? SettledAt,
    string SettledBy);

/// <summary>Holds, open and settled.</summary>
public sealed class HoldStore(ChangeFeedStore feed)
{
    public const string Kind = "Hold";

    private const string Columns = "id, name, reason, message, cluster, assignment, items, item_count, since, outcome, settled_at, settled_by";

    /// <summary>Raises a hold, or brings an open one of that name up to date; false: that name was settled before.</summary>
    public async Task<bool> PutAsync(Transaction transaction, StoredHold hold, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            INSERT INTO hold ({Columns})
            VALUES (@Id, @Name, @Reason, @Message, @Cluster, @Assignment, @Items, @ItemCount, @Since, @Outcome, @SettledAt, @SettledBy)
            ON CONFLICT (name) DO UPDATE SET message = excluded.message, items = excluded.items, item_count = excluded.item_count
            WHERE hold.settled_at IS NULL
            """;
        return await transaction.ExecuteAsync(Sql, hold, cancellationToken).ConfigureAwait(false) == 1
            && await FeedAsync(transaction, hold, ChangeOperation.Modified, cancellationToken).ConfigureAwait(false);
    }

    public Task<StoredHold?> GetByNameAsync(Transaction transaction, string name, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredHold>($"SELECT {Columns} FROM hold WHERE name = @name", new { name }, cancellationToken);

    /// <summary>A page of open holds, in order of name; cluster and assignment narrow it (empty: any).</summary>
    public Task<IReadOnlyList<StoredHold>> ListOpenAsync(Transaction transaction, string cluster, string assignment, string after, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredHold>(
            $"""
            SELECT {Columns} FROM hold WHERE settled_at IS NULL AND name > @after
                AND (@cluster = '' OR cluster = @cluster) AND (@assignment = '' OR assignment = @assignment) ORDER BY name LIMIT @limit
            """,
            new { cluster, assignment, after, limit },
            cancellationToken);

    /// <summary>Ids of the holds that were released for a target.</summary>
    public Task<IReadOnlyList<string>> ReleasedAsync(Transaction transaction, string cluster, string assignment, CancellationToken cancellationToken) =>
        transaction.QueryAsync<string>(
            "SELECT id FROM hold WHERE outcome = 'Released' AND cluster = @cluster AND assignment = @assignment ORDER BY id", new { cluster, assignment }, cancellationToken);

    /// <summary>Settles an open hold (Released, Refused or Gone); false: unknown, or settled before.</summary>
    public async Task<bool> SettleAsync(Transaction transaction, string name, string outcome, string by, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var settled = await transaction.FirstAsync<StoredHold>(
            $"UPDATE hold SET outcome = @outcome, settled_at = @now, settled_by = @by WHERE name = @name AND settled_at IS NULL RETURNING {Columns}",
            new { name, outcome, by, now },
            cancellationToken).ConfigureAwait(false);
        return settled is not null && await FeedAsync(transaction, settled, ChangeOperation.Deleted, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> FeedAsync(Transaction transaction, StoredHold hold, ChangeOperation operation, CancellationToken cancellationToken)
    {
        await feed.AppendAsync(transaction, new(Kind, hold.Name, hold.Id, 1, operation), cancellationToken).ConfigureAwait(false);
        return true;
    }
}
