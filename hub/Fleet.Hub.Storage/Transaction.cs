using System.Data;
using System.Data.Common;
using Dapper;
using Fleet.Hub.Storage.Rows;

namespace Fleet.Hub.Storage;

/// <summary>One database transaction, shared by the stores that take part in it. Not for concurrent use.</summary>
public sealed class Transaction
{
    private readonly DbConnection _connection;
    private readonly DbTransaction _raw;
    private readonly HashSet<(string Topic, string? Node)> _signals = [];

    internal Transaction(DbConnection connection, DbTransaction raw, Dialect dialect)
    {
        _connection = connection;
        _raw = raw;
        Dialect = dialect;
    }

    internal Dialect Dialect { get; }

    internal IReadOnlyCollection<(string Topic, string? Node)> Signals => _signals;

    /// <summary>Publishes <paramref name="topic"/> once this transaction has committed: to all hub nodes, or to one.</summary>
    public void Signal(string topic, string? node = null) => _signals.Add((topic, node));

    /// <summary>Holds the named lock until the end of this transaction: one fact, one writer, at any hub node.</summary>
    public Task LockAsync(string key, CancellationToken cancellationToken) =>
        Dialect.AdvisoryLock is { } sql ? ExecuteAsync(sql, new { key }, cancellationToken) : Task.CompletedTask;

    internal Task<int> ExecuteAsync(string sql, object? parameters, CancellationToken cancellationToken) =>
        _connection.ExecuteAsync(Command(sql, parameters, cancellationToken));

    internal async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        Func<DbDataReader, object>? parse = null;
        await using var reader = await _connection.ExecuteReaderAsync(Command(sql, parameters, cancellationToken)).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            // Only now: SQLite knows the type of a computed column from a row alone.
            parse ??= reader.GetRowParser(typeof(T));
            rows.Add((T)parse(reader));
        }

        return rows;
    }

    internal Task<T?> FirstAsync<T>(string sql, object? parameters, CancellationToken cancellationToken) =>
        _connection.QueryFirstOrDefaultAsync<T?>(Command(sql, parameters, cancellationToken));

    /// <summary>Runs a statement over many rows; see <see cref="Bulk{TRow}"/>.</summary>
    internal Task<int> ExecuteAsync<TRow>(Bulk<TRow> bulk, IReadOnlyList<TRow> rows, CancellationToken cancellationToken) =>
        rows.Count == 0 ? Task.FromResult(0) : Dialect.ExecuteBulkAsync(_connection, _raw, bulk, rows, cancellationToken);

    /// <summary>Runs a query over many rows; see <see cref="Bulk{TRow}"/>.</summary>
    internal async Task<IReadOnlyList<TResult>> QueryAsync<TRow, TResult>(Bulk<TRow> bulk, IReadOnlyList<TRow> rows, Func<DbDataReader, TResult> read, CancellationToken cancellationToken) =>
        rows.Count == 0 ? [] : await Dialect.QueryBulkAsync(_connection, _raw, bulk, rows, read, cancellationToken).ConfigureAwait(false);

    private CommandDefinition Command(string sql, object? parameters, CancellationToken cancellationToken) =>
        new(sql, parameters, _raw, commandType: CommandType.Text, cancellationToken: cancellationToken);
}
