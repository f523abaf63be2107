using System.Data.Common;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Fleet.Hub.Storage.Rows;

internal sealed class SqliteDialect : Dialect
{
    public override string ForUpdate => "";

    public override string ForUpdateSkipLocked => "";

    public override string? AdvisoryLock => null;

    public override string IsSettled(string column) => "1 = 1";

    public override string In(string column, string parameter) => $"{column} IN (SELECT value FROM json_each(@{parameter}))";

    public override object List(IEnumerable<string> values) => JsonSerializer.Serialize(values);

    public override string Types(string migration) => migration
        .Replace("{blob}", "BLOB", StringComparison.Ordinal)
        .Replace("{text}", "TEXT", StringComparison.Ordinal)
        .Replace("{transaction}", "0", StringComparison.Ordinal)
        .Replace("{identity}", "INTEGER PRIMARY KEY AUTOINCREMENT", StringComparison.Ordinal);

    public override async Task<int> ExecuteBulkAsync<TRow>(
        DbConnection connection, DbTransaction transaction, Bulk<TRow> bulk, IReadOnlyList<TRow> rows, CancellationToken cancellationToken)
    {
        await using var command = Prepare(connection, transaction, bulk);
        var affected = 0;
        foreach (var row in rows)
        {
            Bind(command, bulk, row);
            affected += await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        return affected;
    }

    public override async Task<IReadOnlyList<TResult>> QueryBulkAsync<TRow, TResult>(
        DbConnection connection, DbTransaction transaction, Bulk<TRow> bulk, IReadOnlyList<TRow> rows, Func<DbDataReader, TResult> read, CancellationToken cancellationToken)
    {
        await using var command = Prepare(connection, transaction, bulk);
        var results = new List<TResult>();
        foreach (var row in rows)
        {
            Bind(command, bulk, row);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                results.Add(read(reader));
            }
        }

        return results;
    }

    private static SqliteCommand Prepare<TRow>(DbConnection connection, DbTransaction transaction, Bulk<TRow> bulk)
    {
        var relation = "SELECT " + string.Join(", ", bulk.Columns.Select(column => $"@{column.Name} AS {column.Name}"));
        var command = ((SqliteConnection)connection).CreateCommand();
        command.Transaction = (SqliteTransaction)transaction;
        command.CommandText = bulk.Sql.Replace("{rows}", relation, StringComparison.Ordinal);
        command.Parameters.AddRange(bulk.Columns.Select(column => new SqliteParameter("@" + column.Name, Type(column.Type))));
        command.Prepare();
        return command;
    }

    private static void Bind<TRow>(SqliteCommand command, Bulk<TRow> bulk, TRow row)
    {
        for (var i = 0; i < bulk.Columns.Count; i++)
        {
            command.Parameters[i].Value = bulk.Columns[i].Value(row) ?? DBNull.Value;
        }
    }

    private static SqliteType Type(BulkType type) => type switch
    {
        BulkType.Text => SqliteType.Text,
        BulkType.Integer => SqliteType.Integer,
        BulkType.Bytes => SqliteType.Blob,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };
}
