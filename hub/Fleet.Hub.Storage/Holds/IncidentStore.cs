using Fleet.Hub.Storage.Resources;

namespace Fleet.Hub.Storage.Holds;

/// <summary>Something that an operator must settle once, for the fleet or for a cluster.</summary>
/// <param name="Id">A uuid.</param>
/// <param name="Name">Unique; the same trouble has the same name.</param>
/// <param name="Reason">Fork, Clone or RestoredSecret.</param>
/// <param name="Message">What happened, what it means, what to do.</param>
/// <param name="Clusters">Names of the clusters concerned.</param>
/// <param name="Since">When it was raised.</param>
/// <param name="ReleasedAt">When it was released; null: open.</param>
/// <param name="ReleasedBy">Who released it.</param>
public sealed record StoredIncident(
    string Id, string Name, string Reason, string Message, IReadOnlyList<string> Clusters, DateTimeOffset Since, DateTimeOffset? ReleasedAt, string ReleasedBy);

/// <summary>Incidents, open and released.</summary>
public sealed class IncidentStore(ChangeFeedStore feed)
{
    public const string Kind = "Incident";

    private const string Columns = "id, name, reason, message, clusters, since, released_at, released_by";

    /// <summary>Raises an incident, or brings an open one of that name up to date; a released one of that name is opened again.</summary>
    public async Task PutAsync(Transaction transaction, StoredIncident incident, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            INSERT INTO incident ({Columns}) VALUES (@Id, @Name, @Reason, @Message, @Clusters, @Since, NULL, '')
            ON CONFLICT (name) DO UPDATE SET message = excluded.message, clusters = excluded.clusters,
                since = CASE WHEN incident.released_at IS NULL THEN incident.since ELSE excluded.since END, released_at = NULL, released_by = ''
            """;
        await transaction.ExecuteAsync(Sql, incident, cancellationToken).ConfigureAwait(false);
        await feed.AppendAsync(transaction, new(Kind, incident.Name, incident.Id, 1, ChangeOperation.Modified), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Like <see cref="GetByNameAsync"/>, and nobody else changes it before the transaction ends: for adding clusters to it.</summary>
    public Task<StoredIncident?> LockAsync(Transaction transaction, string name, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredIncident>($"SELECT {Columns} FROM incident WHERE name = @name {transaction.Dialect.ForUpdate}", new { name }, cancellationToken);

    public Task<StoredIncident?> GetByNameAsync(Transaction transaction, string name, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredIncident>($"SELECT {Columns} FROM incident WHERE name = @name", new { name }, cancellationToken);

    /// <summary>A page in order of name: the open ones, or all.</summary>
    public Task<IReadOnlyList<StoredIncident>> ListAsync(Transaction transaction, bool openOnly, string after, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredIncident>(
            $"SELECT {Columns} FROM incident WHERE name > @after {(openOnly ? "AND released_at IS NULL" : "")} ORDER BY name LIMIT @limit", new { after, limit }, cancellationToken);

    /// <summary>False: unknown, or released before.</summary>
    public async Task<bool> ReleaseAsync(Transaction transaction, string name, string by, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var id = await transaction.FirstAsync<string>(
            "UPDATE incident SET released_at = @now, released_by = @by WHERE name = @name AND released_at IS NULL RETURNING id", new { name, by, now }, cancellationToken).ConfigureAwait(false);
        if (id is null)
        {
            return false;
        }

        await feed.AppendAsync(transaction, new(Kind, name, id, 1, ChangeOperation.Modified), cancellationToken).ConfigureAwait(false);
        return true;
    }
}
