using System.Data;
using System.Data.Common;
using Fleet.Hub.Storage.Migrations;
using Fleet.Hub.Storage.Rows;
using Fleet.Hub.Storage.Signals;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fleet.Hub.Storage.Postgres;

/// <summary>One PostgreSQL database, shared by all hub nodes.</summary>
public sealed class PostgresDatabase : FleetDatabase
{
    private readonly NpgsqlDataSource _source;
    private readonly PostgresDialect _dialect = new();
    private readonly PostgresClock _clock;
    private PostgresSignal? _changes;

    private PostgresDatabase(NpgsqlDataSource source, PostgresClock clock)
    {
        _source = source;
        _clock = clock;
    }

    public override DatabaseKind Kind => DatabaseKind.PostgreSql;

    public override IChangeSignal Changes => _changes ?? throw new InvalidOperationException("The database is not open yet.");

    public override TimeProvider Clock => _clock;

    /// <summary>Connects, migrates and begins to listen as <paramref name="node"/>.</summary>
    /// <exception cref="StorageException">It cannot be used; the message says why and what to do.</exception>
    public static async Task<PostgresDatabase> OpenAsync(string connectionString, string node, TimeProvider clock, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        TypeHandlers.Register();
        var source = Source(connectionString);
        PostgresDatabase? database = null;
        try
        {
            database = new(source, await PostgresClock.SynchroniseAsync(source, clock, cancellationToken).ConfigureAwait(false));
            database._changes = new(source, node, clock, loggers.CreateLogger<PostgresSignal>());
            await Migrator.MigrateAsync(database, cancellationToken).ConfigureAwait(false);
            await database._changes.StartAsync(cancellationToken).ConfigureAwait(false);
            return database;
        }
        catch (Exception e)
        {
            await (database?.DisposeAsync() ?? source.DisposeAsync()).ConfigureAwait(false);
            if (e is NpgsqlException)
            {
                throw new StorageException(
                    StorageFailure.Unavailable,
                    $"The PostgreSQL database cannot be used: {e.Message} Check host, port, database, user and password of --postgres, and that the user owns the schema.",
                    e);
            }

            throw;
        }
    }

    public override async Task<DatabaseIdentity> IdentityAsync(CancellationToken cancellationToken)
    {
        // The timeline comes from the name of the WAL file being written: the control file's lags until the checkpoint after a promotion.
        const string Sql = "SELECT system_identifier::text, ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::bigint FROM pg_control_system()";
        await using var command = _source.CreateCommand(Sql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return new(reader.GetString(0), reader.GetInt64(1));
    }

    public override async ValueTask DisposeAsync()
    {
        if (_changes is not null)
        {
            await _changes.DisposeAsync().ConfigureAwait(false);
        }

        await _source.DisposeAsync().ConfigureAwait(false);
    }

    // Read committed: rows that a decision rests on are locked by the stores, in order.
    internal override Task<TransactionScope> OpenWriteAsync(CancellationToken cancellationToken) =>
        OpenAsync(IsolationLevel.ReadCommitted, cancellationToken);

    // Repeatable read: one snapshot for all statements, as SQLite gives.
    internal override Task<TransactionScope> OpenReadAsync(CancellationToken cancellationToken) =>
        OpenAsync(IsolationLevel.RepeatableRead, cancellationToken);

    internal override bool IsCollision(DbException exception) => exception is PostgresException
    {
        SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable,
    };

    // Class 08 is the connection, 53 resources, 57P an operator who stops or restarts the server.
    internal override StorageException? Outage(DbException exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => new(
            StorageFailure.Full, "The disk of the PostgreSQL server is full, so nothing was stored; what was stored before is safe. Free some space on it: the hub goes on by itself.", exception),
        PostgresException e when e.SqlState.StartsWith("08", StringComparison.Ordinal) || e.SqlState.StartsWith("53", StringComparison.Ordinal) || e.SqlState.StartsWith("57P", StringComparison.Ordinal) => Away(e),
        PostgresException => null,
        NpgsqlException e => Away(e),
        _ => null,
    };

    private static StorageException Away(NpgsqlException e) =>
        new(StorageFailure.Unavailable, $"The PostgreSQL server is away or does not answer: {e.Message} Look at the server; the hub goes on by itself when it is back.", e);

    private async Task<TransactionScope> OpenAsync(IsolationLevel isolation, CancellationToken cancellationToken)
    {
        var connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var raw = await connection.BeginTransactionAsync(isolation, cancellationToken).ConfigureAwait(false);
            return new(new(connection, raw, _dialect), raw, connection.DisposeAsync);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static NpgsqlDataSource Source(string connectionString)
    {
        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = new(connectionString);
        }
        catch (ArgumentException e)
        {
            // The inner message may quote what was given, and with it a password.
            throw new StorageException(StorageFailure.Unavailable, $"The PostgreSQL connection string is not understood ({e.GetType().Name}); write Host=…;Port=…;Database=…;Username=…;Password=….");
        }

        builder.ApplicationName ??= "fleet-hub";
        builder.MaxAutoPrepare = builder.MaxAutoPrepare == 0 ? 100 : builder.MaxAutoPrepare;
        builder.MaxPoolSize = Math.Min(builder.MaxPoolSize, 32);
        return NpgsqlDataSource.Create(builder);
    }
}
