using System.Data.Common;
using System.Threading.Channels;
using Fleet.Hub.Storage.Migrations;
using Fleet.Hub.Storage.Rows;
using Fleet.Hub.Storage.Signals;
using Microsoft.Data.Sqlite;

namespace Fleet.Hub.Storage.Sqlite;

/// <summary>One SQLite file in WAL mode: one writer at a time, several readers, every commit on disk.</summary>
public sealed class SqliteDatabase : FleetDatabase
{
    private const int Readers = 4;
    private const int SqliteBusy = 5;
    private const int SqliteLocked = 6;
    private const int SqliteIo = 10;
    private const int SqliteFull = 13;
    private const int SqliteCannotOpen = 14;

    private readonly SqliteDialect _dialect = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Channel<SqliteConnection> _readers = Channel.CreateBounded<SqliteConnection>(Readers);
    private readonly SqliteConnection _writer;
    private readonly FileStream _lock;
    private readonly LocalSignal _changes;
    private readonly string _identity;
    private bool _disposed;

    private SqliteDatabase(SqliteConnection writer, FileStream fileLock, string identity, TimeProvider clock)
    {
        _writer = writer;
        _lock = fileLock;
        _identity = identity;
        _changes = new(clock);
        Clock = clock;
    }

    public override DatabaseKind Kind => DatabaseKind.Sqlite;

    public override IChangeSignal Changes => _changes;

    public override TimeProvider Clock { get; }

    /// <summary>Opens or creates the file, takes it for this process, and migrates it.</summary>
    /// <exception cref="StorageException">It cannot be used; the message says why and what to do.</exception>
    public static async Task<SqliteDatabase> OpenAsync(string file, TimeProvider clock, CancellationToken cancellationToken)
    {
        SystemSqlite.EnsureLoaded();
        TypeHandlers.Register();
        var path = Path.GetFullPath(file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var fileLock = Take(path);
        SqliteConnection? writer = null;
        try
        {
            CreatePrivate(path);
            writer = Connect(path, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;");
            var database = new SqliteDatabase(writer, fileLock, SqliteIdentity.Ensure(path), clock);
            await Migrator.MigrateAsync(database, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < Readers; i++)
            {
                database._readers.Writer.TryWrite(Connect(path, "PRAGMA query_only = 1;"));
            }

            return database;
        }
        catch (Exception e)
        {
            writer?.Dispose();
            fileLock.Dispose();
            if (e is SqliteException)
            {
                throw new StorageException(StorageFailure.Unavailable, $"The database {path} cannot be used: {e.Message} Check that it is a hub's database, that the disk is not full, and that it may be written.", e);
            }

            throw;
        }
    }

    // A copied-back file cannot be told from the old one by what is inside it, so the identity lies beside it.
    public override Task<DatabaseIdentity> IdentityAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new DatabaseIdentity(_identity, 1));

    public override async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _turn.WaitAsync().ConfigureAwait(false);
        _readers.Writer.TryComplete();
        while (_readers.Reader.TryRead(out var reader))
        {
            await reader.DisposeAsync().ConfigureAwait(false);
        }

        await _writer.DisposeAsync().ConfigureAwait(false);
        await _lock.DisposeAsync().ConfigureAwait(false);
    }

    internal override async Task<TransactionScope> OpenWriteAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!await _turn.WaitAsync(MaxWait, cancellationToken).ConfigureAwait(false))
        {
            throw Busy("write");
        }

        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);

            // Not deferred, that is BEGIN IMMEDIATE: upgrading a read to a write fails at once whatever the busy time-out.
            var raw = _writer.BeginTransaction(deferred: false);
            return new(new(_writer, raw, _dialect), raw, GiveBackTurn, () => SqliteRollback.Prepare(raw));
        }
        catch
        {
            _turn.Release();
            throw;
        }
    }

    internal override async Task<TransactionScope> OpenReadAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(MaxWait);
        SqliteConnection connection;
        try
        {
            connection = await _readers.Reader.ReadAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Busy("read");
        }

        try
        {
            var raw = connection.BeginTransaction(deferred: true);
            return new(new(connection, raw, _dialect), raw, () => GiveBackAsync(connection), () => SqliteRollback.Prepare(raw));
        }
        catch
        {
            await GiveBackAsync(connection).ConfigureAwait(false);
            throw;
        }
    }

    internal override bool IsCollision(DbException exception) => exception is SqliteException { SqliteErrorCode: SqliteBusy or SqliteLocked };

    internal override StorageException? Outage(DbException exception) => exception switch
    {
        SqliteException { SqliteErrorCode: SqliteFull } => new(
            StorageFailure.Full, $"The disk of the database {_writer.DataSource} is full, so nothing was stored; what was stored before is safe. Free some space on it: the hub goes on by itself.", exception),
        SqliteException { SqliteErrorCode: SqliteIo or SqliteCannotOpen } => new(
            StorageFailure.Unavailable, $"The disk of the database {_writer.DataSource} fails: {exception.Message} Look at the disk and at the rights of the hub's data folder.", exception),
        _ => null,
    };

    private static StorageException Busy(string what) =>
        new(StorageFailure.Contention, $"The database was too busy to {what} for {MaxWait.TotalSeconds} s; try again later. If it lasts, the disk is too slow or the fleet too large for SQLite: see --postgres.");

    private ValueTask GiveBackTurn()
    {
        _turn.Release();
        return ValueTask.CompletedTask;
    }

    private ValueTask GiveBackAsync(SqliteConnection connection) =>
        _readers.Writer.TryWrite(connection) ? ValueTask.CompletedTask : connection.DisposeAsync();

    private static SqliteConnection Connect(string path, string pragmas)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            ForeignKeys = true,
            DefaultTimeout = 30,
        }.ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA busy_timeout = 10000; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY; " + pragmas;
        command.ExecuteNonQuery();
        return connection;
    }

    // Hashes and sealed secrets are no business of the machine's other users; SQLite gives its side files the same mode.
    private static void CreatePrivate(string path)
    {
        if (!File.Exists(path) && !OperatingSystem.IsWindows())
        {
            new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }).Dispose();
        }
    }

    private static FileStream Take(string path)
    {
        try
        {
            return new(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new StorageException(
                StorageFailure.InUse,
                $"The database {path} is in use by another hub process (its lock file is held), and SQLite serves one hub only. Stop the other one, choose another --data folder, or use --postgres for several hub nodes.",
                e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StorageException(StorageFailure.Unavailable, $"The folder of {path} may not be written by this user. Give it to the hub's user, or choose another --data folder.", e);
        }
    }
}
