namespace Fleet.Hub.Storage.Sources;

/// <summary>What polling a GitSource found.</summary>
/// <param name="Source">Uid of the GitSource.</param>
/// <param name="DefaultRef">What the remote's HEAD points to, such as refs/heads/main; empty: not known yet.</param>
/// <param name="LastPoll">End of the last poll.</param>
/// <param name="NextPoll">When the next one is due.</param>
/// <param name="Failures">Polls failed in a row.</param>
/// <param name="Reason">One word for the last failure; empty: the last poll succeeded.</param>
/// <param name="Message">Its message, for people.</param>
public sealed record SourceState(string Source, string DefaultRef, DateTimeOffset? LastPoll, DateTimeOffset? NextPoll, long Failures, string Reason, string Message);

/// <summary>One tracked ref of a GitSource.</summary>
/// <param name="Source">Uid of the GitSource.</param>
/// <param name="Ref">As an Assignment wrote it.</param>
/// <param name="CommitId">Hex commit id that it was last seen at.</param>
/// <param name="Observed">When it was first seen there.</param>
/// <param name="Subject">First line of the commit's message.</param>
/// <param name="Author">Who wrote the commit.</param>
/// <param name="Trees">Watched path → hex tree id at that commit.</param>
public sealed record SourceRef(string Source, string Ref, string CommitId, DateTimeOffset Observed, string Subject, string Author, IReadOnlyDictionary<string, string> Trees);

/// <summary>What polling the GitSources found.</summary>
public sealed class SourceStateStore
{
    private const string StateColumns = "source, default_ref, last_poll, next_poll, failures, reason, message";
    private const string RefColumns = "source, ref, commit_id, observed, subject, author, trees";

    public Task<SourceState?> GetAsync(Transaction transaction, string source, CancellationToken cancellationToken) =>
        transaction.FirstAsync<SourceState>($"SELECT {StateColumns} FROM source_state WHERE source = @source", new { source }, cancellationToken);

    public Task<IReadOnlyList<SourceRef>> RefsAsync(Transaction transaction, string source, CancellationToken cancellationToken) =>
        transaction.QueryAsync<SourceRef>($"SELECT {RefColumns} FROM source_ref WHERE source = @source ORDER BY ref", new { source }, cancellationToken);

    public Task PutAsync(Transaction transaction, SourceState state, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            INSERT INTO source_state ({StateColumns}) VALUES (@Source, @DefaultRef, @LastPoll, @NextPoll, @Failures, @Reason, @Message)
            ON CONFLICT (source) DO UPDATE SET default_ref = excluded.default_ref, last_poll = excluded.last_poll, next_poll = excluded.next_poll,
                failures = excluded.failures, reason = excluded.reason, message = excluded.message
            """;
        return transaction.ExecuteAsync(Sql, state, cancellationToken);
    }

    public Task PutRefAsync(Transaction transaction, SourceRef reference, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            INSERT INTO source_ref ({RefColumns}) VALUES (@Source, @Ref, @CommitId, @Observed, @Subject, @Author, @Trees)
            ON CONFLICT (source, ref) DO UPDATE SET commit_id = excluded.commit_id, observed = excluded.observed,
                subject = excluded.subject, author = excluded.author, trees = excluded.trees
            """;
        return transaction.ExecuteAsync(Sql, reference, cancellationToken);
    }

    public Task RemoveRefAsync(Transaction transaction, string source, string reference, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync("DELETE FROM source_ref WHERE source = @source AND ref = @reference", new { source, reference }, cancellationToken);

    /// <summary>Forgets a GitSource.</summary>
    public async Task RemoveAsync(Transaction transaction, string source, CancellationToken cancellationToken)
    {
        await transaction.ExecuteAsync("DELETE FROM source_ref WHERE source = @source", new { source }, cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync("DELETE FROM source_state WHERE source = @source", new { source }, cancellationToken).ConfigureAwait(false);
    }
}
