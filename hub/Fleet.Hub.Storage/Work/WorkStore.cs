using Fleet.Hub.Storage.Rows;
using Fleet.Hub.Storage.Signals;

namespace Fleet.Hub.Storage.Work;

/// <summary>Level-triggered work queues: keys whose state someone must look at.</summary>
/// <remarks>
/// The changing transaction raises <c>wanted</c>; the claimer reads <c>wanted</c>, then the state, and sets <c>done</c> to
/// the value that it read: a change during the work leaves the key wanted. (A flag that is cleared loses changes.)
/// Claim in a transaction of its own, and begin to read the state only after it has committed.
/// </remarks>
public sealed class WorkStore
{
    private static readonly Bulk<Raise> RaiseRows = new(
        """
        INSERT INTO work (kind, key, wanted, done, lease_owner, lease_token, lease_until, not_before, attempts)
        SELECT kind, key, 1, 0, NULL, 0, 0, not_before, 0 FROM ({rows}) v WHERE true
        ON CONFLICT (kind, key) DO UPDATE SET wanted = work.wanted + 1,
            not_before = CASE WHEN work.wanted > work.done AND work.not_before < excluded.not_before THEN work.not_before ELSE excluded.not_before END
        """,
        new("kind", BulkType.Text, raise => raise.Kind),
        new("key", BulkType.Text, raise => raise.Key),
        new("not_before", BulkType.Integer, raise => Instant.ToMicroseconds(raise.NotBefore)));

    /// <summary>Says that something about the key changed. Due at <paramref name="notBefore"/>, or earlier if it was to be.</summary>
    public Task RaiseAsync(Transaction transaction, string kind, string key, DateTimeOffset notBefore, CancellationToken cancellationToken) =>
        RaiseAsync(transaction, kind, [key], notBefore, cancellationToken);

    /// <summary>The same for many keys.</summary>
    public async Task RaiseAsync(Transaction transaction, string kind, IEnumerable<string> keys, DateTimeOffset notBefore, CancellationToken cancellationToken)
    {
        // In order, so that two transactions that raise the same keys cannot wait for each other.
        var raises = keys.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(key => new Raise(kind, key, notBefore)).ToArray();
        await transaction.ExecuteAsync(RaiseRows, raises, cancellationToken).ConfigureAwait(false);
        transaction.Signal(Topics.Work);
    }

    /// <summary>Leases due keys to <paramref name="owner"/>, the longest due first.</summary>
    public async Task<IReadOnlyList<WorkItem>> ClaimAsync(
        Transaction transaction, string kind, string owner, TimeSpan lease, int limit, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var due = await transaction.QueryAsync<string>(
            $"""
            SELECT key FROM work WHERE kind = @kind AND wanted > done AND not_before <= @now AND lease_until <= @now
            ORDER BY not_before, key LIMIT @limit {transaction.Dialect.ForUpdateSkipLocked}
            """,
            new { kind, now, limit },
            cancellationToken).ConfigureAwait(false);
        if (due.Count == 0)
        {
            return [];
        }

        return await transaction.QueryAsync<WorkItem>(
            $"""
            UPDATE work SET lease_owner = @owner, lease_token = lease_token + 1, lease_until = @until
            WHERE kind = @kind AND {transaction.Dialect.In("key", "keys")}
            RETURNING kind, key, wanted, lease_token, attempts
            """,
            new { kind, owner, until = now + lease, keys = transaction.Dialect.List(due) },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lengthens a lease; false: it was lost, so stop.</summary>
    public async Task<bool> RenewAsync(Transaction transaction, WorkItem item, TimeSpan lease, DateTimeOffset now, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            "UPDATE work SET lease_until = @until WHERE kind = @Kind AND key = @Key AND lease_token = @LeaseToken AND lease_owner IS NOT NULL",
            new { item.Kind, item.Key, item.LeaseToken, until = now + lease },
            cancellationToken).ConfigureAwait(false) == 1;

    /// <summary>
    /// Ends the work, in the transaction that wrote its results; false: the lease was lost, so roll back. With
    /// <paramref name="next"/> the key is wanted again by then; a change that came meanwhile makes it due at once.
    /// </summary>
    public async Task<bool> CompleteAsync(Transaction transaction, WorkItem item, DateTimeOffset? next, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            """
            UPDATE work SET done = @Wanted, lease_owner = NULL, lease_until = 0, attempts = 0,
                not_before = CASE WHEN wanted > @Wanted THEN not_before ELSE COALESCE(@next, not_before) END,
                wanted = CASE WHEN wanted > @Wanted OR COALESCE(@next, 0) = 0 THEN wanted ELSE wanted + 1 END
            WHERE kind = @Kind AND key = @Key AND lease_token = @LeaseToken AND lease_owner IS NOT NULL
            """,
            new { item.Kind, item.Key, item.Wanted, item.LeaseToken, next },
            cancellationToken).ConfigureAwait(false) == 1;

    /// <summary>Gives the work back to be tried again; a change that came meanwhile makes it due at once. False: the lease was lost.</summary>
    public async Task<bool> FailAsync(Transaction transaction, WorkItem item, DateTimeOffset notBefore, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            """
            UPDATE work SET lease_owner = NULL, lease_until = 0, attempts = attempts + 1,
                not_before = CASE WHEN wanted > @Wanted THEN not_before ELSE @notBefore END
            WHERE kind = @Kind AND key = @Key AND lease_token = @LeaseToken AND lease_owner IS NOT NULL
            """,
            new { item.Kind, item.Key, item.Wanted, item.LeaseToken, notBefore },
            cancellationToken).ConfigureAwait(false) == 1;

    /// <summary>Forgets a key whose object is gone; false: the lease was lost, or a change came meanwhile.</summary>
    public async Task<bool> RemoveAsync(Transaction transaction, WorkItem item, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            "DELETE FROM work WHERE kind = @Kind AND key = @Key AND lease_token = @LeaseToken AND wanted = @Wanted", item, cancellationToken).ConfigureAwait(false) == 1;

    /// <summary>Gives back all leases of a hub node that died or stops.</summary>
    public Task<int> ReleaseOwnerAsync(Transaction transaction, string owner, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            $"""
            UPDATE work SET lease_owner = NULL, lease_until = 0
            WHERE (kind, key) IN (SELECT kind, key FROM work WHERE lease_owner = @owner ORDER BY kind, key {transaction.Dialect.ForUpdate})
            """,
            new { owner },
            cancellationToken);

    /// <summary>When the next key of a kind is due (which may be past); null: none is wanted.</summary>
    public Task<DateTimeOffset?> NextDueAsync(Transaction transaction, string kind, CancellationToken cancellationToken) =>
        transaction.FirstAsync<DateTimeOffset?>(
            "SELECT min(CASE WHEN lease_until > not_before THEN lease_until ELSE not_before END) AS due FROM work WHERE kind = @kind AND wanted > done",
            new { kind },
            cancellationToken);

    /// <summary>How many keys of a kind are wanted.</summary>
    public Task<long> CountWantedAsync(Transaction transaction, string kind, CancellationToken cancellationToken) =>
        transaction.FirstAsync<long>("SELECT count(*) FROM work WHERE kind = @kind AND wanted > done", new { kind }, cancellationToken);

    private sealed record Raise(string Kind, string Key, DateTimeOffset NotBefore);
}
