using System.Data.Common;

namespace Fleet.Hub.Storage.Rows;

/// <summary>Everything in which the two databases differ in SQL.</summary>
internal abstract class Dialect
{
    /// <summary>Ends a SELECT whose rows are to stay locked.</summary>
    public abstract string ForUpdate { get; }

    /// <summary>Like <see cref="ForUpdate"/>, leaving out rows that others hold.</summary>
    public abstract string ForUpdateSkipLocked { get; }

    /// <summary>Takes @key as an advisory lock to the end of the transaction; null: there is one writer anyhow.</summary>
    public abstract string? AdvisoryLock { get; }

    /// <summary>Condition on a column that holds the id of the writing transaction: none with a lower id is still open.</summary>
    public abstract string IsSettled(string column);

    /// <summary>Condition: <paramref name="column"/> (text) is in the list parameter <paramref name="parameter"/>, made by <see cref="List"/>.</summary>
    public abstract string In(string column, string parameter);

    public abstract object List(IEnumerable<string> values);

    /// <summary>Replaces {blob}, {text} and {identity} in a migration.</summary>
    public abstract string Types(string migration);

    public abstract Task<int> ExecuteBulkAsync<TRow>(
        DbConnection connection, DbTransaction transaction, Bulk<TRow> bulk, IReadOnlyList<TRow> rows, CancellationToken cancellationToken);

    /// <summary>What a statement over many rows returns, in no set order.</summary>
    public abstract Task<IReadOnlyList<TResult>> QueryBulkAsync<TRow, TResult>(
        DbConnection connection, DbTransaction transaction, Bulk<TRow> bulk, IReadOnlyList<TRow> rows, Func<DbDataReader, TResult> read, CancellationToken cancellationToken);
}
