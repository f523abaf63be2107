using Dapper;
using Fleet.Hub.Storage.Resources;

namespace Fleet.Hub.Storage.Audit;

/// <summary>The audit log. Rows are only ever added, in the transaction of what they tell of.</summary>
public sealed class AuditStore(ChangeFeedStore feed)
{
    public const string Kind = "AuditEvent";

    internal const string Columns = "id, time, actor, action, target, message, cluster, assignment, revision, clusters, cluster_count, seq, batch";

    /// <summary>Adds a row and gives its id.</summary>
    public async Task<string> AppendAsync(Transaction transaction, AuditRow row, CancellationToken cancellationToken)
    {
        await transaction.ExecuteAsync(
            """
            INSERT INTO audit (id, time, actor, action, target, message, cluster, assignment, revision, clusters, cluster_count)
            VALUES (@Id, @Time, @Actor, @Action, @Target, @Message, @Cluster, @Assignment, @Revision, @Clusters, @ClusterCount)
            """,
            row,
            cancellationToken).ConfigureAwait(false);
        await feed.AppendAsync(transaction, new(Kind, row.Id, row.Id, 1, ChangeOperation.Added), cancellationToken).ConfigureAwait(false);
        return row.Id;
    }

    public Task<AuditRow?> GetAsync(Transaction transaction, string id, CancellationToken cancellationToken) =>
        transaction.FirstAsync<AuditRow>($"SELECT {Columns} FROM audit WHERE id = @id", new { id }, cancellationToken);

    /// <summary>A page, the newest first, before <paramref name="before"/> (null: from the newest).</summary>
    public Task<IReadOnlyList<AuditRow>> ListAsync(Transaction transaction, AuditFilter filter, long? before, int limit, CancellationToken cancellationToken)
    {
        var parameters = new DynamicParameters(new { before = before ?? long.MaxValue, limit });
        var conditions = "seq < @before";
        foreach (var (column, value) in new[] { ("target", filter.Target), ("cluster", filter.Cluster), ("assignment", filter.Assignment) })
        {
            if (!string.IsNullOrEmpty(value))
            {
                conditions += $" AND {column} = @{column}";
                parameters.Add(column, value);
            }
        }

        return transaction.QueryAsync<AuditRow>($"SELECT {Columns} FROM audit WHERE {conditions} ORDER BY seq DESC LIMIT @limit", parameters, cancellationToken);
    }
}

/// <summary>Which audit rows to list; null or empty: any.</summary>
public sealed record AuditFilter(string? Target = null, string? Cluster = null, string? Assignment = null);
