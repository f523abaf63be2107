namespace Fleet.Hub.Storage.Rows;

/// <summary>
/// One statement over many rows. Its SQL reads them as a relation named {rows}: on PostgreSQL that is one unnest() of
/// arrays, on SQLite the statement is prepared once and run for each row.
/// </summary>
internal sealed class Bulk<TRow>(string sql, params BulkColumn<TRow>[] columns)
{
    public string Sql => sql;

    public IReadOnlyList<BulkColumn<TRow>> Columns => columns;
}

internal sealed record BulkColumn<TRow>(string Name, BulkType Type, Func<TRow, object?> Value);

internal enum BulkType
{
    Text,
    Integer,
    Bytes,
}
