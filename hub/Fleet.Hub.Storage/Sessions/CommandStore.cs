using Fleet.Hub.Storage.Signals;

namespace Fleet.Hub.Storage.Sessions;

/// <summary>A question to an agent, on its way to the node that holds its session.</summary>
/// <param name="Id">A uuid.</param>
/// <param name="Cluster">Whose agent.</param>
/// <param name="Body">The serialised Command.</param>
/// <param name="AnswerWanted">False: nobody waits.</param>
/// <param name="Expires">By the database's clock.</param>
public sealed record StoredCommand(string Id, string Cluster, byte[] Body, bool AnswerWanted, DateTimeOffset Expires);

/// <summary>Commands between hub nodes. A row lives until it is answered, taken or too old.</summary>
public sealed class CommandStore
{
    public async Task PutAsync(Transaction transaction, StoredCommand command, CancellationToken cancellationToken)
    {
        await transaction.ExecuteAsync(
            "INSERT INTO agent_command (id, cluster, body, answer_wanted, expires, taken) VALUES (@Id, @Cluster, @Body, @answer, @Expires, 0)",
            new { command.Id, command.Cluster, command.Body, answer = command.AnswerWanted ? 1L : 0L, command.Expires },
            cancellationToken).ConfigureAwait(false);
        transaction.Signal(Topics.Commands);
    }

    /// <summary>Takes the commands for sessions of this node, each once.</summary>
    public async Task<IReadOnlyList<StoredCommand>> TakeAsync(Transaction transaction, string node, DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        var rows = await transaction.QueryAsync<Row>(
            """
            UPDATE agent_command SET taken = 1 WHERE taken = 0 AND id IN (
                SELECT c.id FROM agent_command c JOIN cluster_sync s ON s.cluster = c.cluster
                WHERE c.taken = 0 AND c.expires > @now AND s.node = @node LIMIT @limit)
            RETURNING id, cluster, body, answer_wanted, expires
            """,
            new { node, now, limit },
            cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(row => new StoredCommand(row.Id, row.Cluster, row.Body, row.AnswerWanted != 0, row.Expires))];
    }

    /// <summary>Whether a node has anything to take.</summary>
    public async Task<bool> AnyAsync(Transaction transaction, string node, DateTimeOffset now, CancellationToken cancellationToken) =>
        await transaction.FirstAsync<long?>(
            "SELECT CAST(1 AS BIGINT) FROM agent_command c JOIN cluster_sync s ON s.cluster = c.cluster WHERE c.taken = 0 AND c.expires > @now AND s.node = @node LIMIT 1",
            new { node, now },
            cancellationToken).ConfigureAwait(false) is not null;

    public async Task AnswerAsync(Transaction transaction, string id, byte[] result, CancellationToken cancellationToken)
    {
        await transaction.ExecuteAsync("UPDATE agent_command SET result = @result WHERE id = @id", new { id, result }, cancellationToken).ConfigureAwait(false);
        transaction.Signal(Topics.CommandResults);
    }

    /// <summary>The answer; null: none yet.</summary>
    public Task<byte[]?> ResultAsync(Transaction transaction, string id, CancellationToken cancellationToken) =>
        transaction.FirstAsync<byte[]>("SELECT result FROM agent_command WHERE id = @id AND result IS NOT NULL", new { id }, cancellationToken);

    public Task RemoveAsync(Transaction transaction, string id, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync("DELETE FROM agent_command WHERE id = @id", new { id }, cancellationToken);

    public Task<int> SweepAsync(Transaction transaction, DateTimeOffset now, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync("DELETE FROM agent_command WHERE expires < @now", new { now }, cancellationToken);

    private sealed record Row(string Id, string Cluster, byte[] Body, long AnswerWanted, DateTimeOffset Expires);
}
