using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Fleet.Hub.Storage.Sqlite;

/// <summary>Lets a transaction end that SQLite has rolled back by itself.</summary>
/// <remarks>
/// A COMMIT that finds the disk full or broken ends the transaction inside SQLite. Microsoft.Data.Sqlite does not notice:
/// its own ROLLBACK then fails, and its connection believes for ever that a transaction is open, so that no later write could
/// begin. With a new, empty transaction in the lost one's place the ROLLBACK has something to end.
/// </remarks>
internal static class SqliteRollback
{
    public static void Prepare(SqliteTransaction transaction)
    {
        // Committed ones have let go of their connection.
        if (transaction.Connection?.Handle is { } handle && raw.sqlite3_get_autocommit(handle) != 0)
        {
            // Deferred: it touches no file, so it cannot fail for the same reason.
            _ = raw.sqlite3_exec(handle, "BEGIN");
        }
    }
}
