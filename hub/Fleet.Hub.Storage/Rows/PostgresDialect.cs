using System.Data.Common;
using Npgsql;
using NpgsqlTypes;

namespace Fleet.Hub.Storage.Rows;

internal sealed class PostgresDialect : Dialect
{
    public override string ForUpdate => "FOR UPDATE";

    public override string ForUpdateSkipLocked => "FOR UPDATE SKIP LOCKED";

    public override string? AdvisoryLock => "SELECT pg_advisory_xact_lock(hashtextextended(@key, 0))";

    public override string IsSettled(string column) => $"{column} < pg_snapshot_xmin(pg_current_snapshot())::text::bigint";

    public override string In(string column, string parameter) => $"{column} = ANY(@{parameter})";

    public override object List(IEnumerable<string> values) => values.ToArray();

    // COLLATE "C": keys order by bytes, as on SQLite and as string.CompareOrdinal does for ASCII, whatever the database's locale.
    public override string Types(string migration) => migration
        .Replace("{blob}", "BYTEA", StringComparison.Ordinal)
        .Replace("{text}", "TEXT COLLATE \"C\"", StringComparison.Ordinal)
        .Replace("{transaction}", "(pg_current_xact_id()::text::bigint)", StringComparison.Ordinal)
        .Replace("{identity}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", StringComparison.Ordinal);

    public override async Task<int> ExecuteBulkAsync<TRow>(
        DbConnection connection, DbTransaction transaction, Bulk<TRow> bulk, IReadOnlyList<TRow> rows, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, transaction, bulk, rows);
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async Task<IReadOnlyList<TResult>> QueryBulkAsync<TRow, TResult>(
        DbConnection connection, DbTransaction transaction, Bulk<TRow> bulk, IReadOnlyList<TRow> rows, Func<DbDataReader, TResult> read, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, transaction, bulk, rows);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var results = new List<TResult>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            results.Add(read(reader));
        }

        return results;
    }

    private static NpgsqlCommand Command<TRow>(DbConnection connection, DbTransaction transaction, Bulk<TRow> bulk, IReadOnlyList<TRow> rows)
    {
        var names = string.Join(", ", bulk.Columns.Select(column => column.Name));
        var arrays = string.Join(", ", bulk.Columns.Select(column => "@" + column.Name));
        var command = new NpgsqlCommand(
            bulk.Sql.Replace("{rows}", $"SELECT * FROM unnest({arrays}) AS batch({names})", StringComparison.Ordinal),
            (NpgsqlConnection)connection,
            (NpgsqlTransaction)transaction);
        foreach (var column in bulk.Columns)
        {
            command.Parameters.Add(Array(column, rows));
        }

        return command;
    }

    private static NpgsqlParameter Array<TRow>(BulkColumn<TRow> column, IReadOnlyList<TRow> rows) => column.Type switch
    {
        BulkType.Text => new(column.Name, NpgsqlDbType.Array | NpgsqlDbType.Text) { Value = Values<TRow, string?>(column, rows) },
        BulkType.Integer => new(column.Name, NpgsqlDbType.Array | NpgsqlDbType.Bigint) { Value = Values<TRow, long?>(column, rows) },
        BulkType.Bytes => new(column.Name, NpgsqlDbType.Array | NpgsqlDbType.Bytea) { Value = Values<TRow, byte[]?>(column, rows) },
        _ => throw new ArgumentOutOfRangeException(nameof(column), column.Type, null),
    };

    private static TValue[] Values<TRow, TValue>(BulkColumn<TRow> column, IReadOnlyList<TRow> rows)
    {
        var values = new TValue[rows.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (TValue)column.Value(rows[i])!;
        }

        return values;
    }
}
