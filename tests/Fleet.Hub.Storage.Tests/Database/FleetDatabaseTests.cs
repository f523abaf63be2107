using Fleet.Hub.Storage.Migrations;
using Fleet.Hub.Storage.Postgres;
using Fleet.Hub.Storage.Resources;
using Fleet.Hub.Storage.Signals;
using Fleet.Hub.Storage.Sqlite;
using Fleet.Testing.Postgres;
using Fleet.Testing.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Hub.Storage.Tests.Database;

public sealed class FleetDatabaseTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Theory, Databases]
    public async Task Write_BodyThrows_NothingIsStoredAndTheWriterIsFree(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await Assert.ThrowsAsync<InvalidDataException>(() => db.Write(async t =>
        {
            await db.Stores.Feed.AppendAsync(t, Change("never"), default);
            throw new InvalidDataException();
        }));
        await db.Write(t => db.Stores.Feed.AppendAsync(t, Change("kept"), default));
        Assert.Equal(1, await Count(db));
    }

    [Theory, Databases]
    public async Task Write_InsideAWrite_IsRefusedInsteadOfWaitingForItself(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => db.Write(_ => db.Write(t => db.Stores.Feed.AppendAsync(t, Change("x"), default))));
        Assert.Contains("pass the Transaction on", e.Message, StringComparison.Ordinal);
    }

    [Theory, Databases]
    public async Task Read_WhileOthersWrite_SeesOneSnapshot(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.Write(t => db.Stores.Feed.AppendAsync(t, Change("a"), default));
        var counts = await db.Read(async t =>
        {
            var before = await Count(t);
            await Task.Run(() => db.Write(w => db.Stores.Feed.AppendAsync(w, Change("b"), default)));
            return (before, await Count(t));
        });
        Assert.Equal((1L, 1L), counts);
        Assert.Equal(2, await Count(db));
    }

    [Theory, Databases]
    public async Task Read_Writing_StoresNothing(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        var error = await Record.ExceptionAsync(() => db.Read(async t =>
        {
            await db.Stores.Feed.AppendAsync(t, Change("x"), default);
            return true;
        }));
        Assert.Equal(kind == DatabaseKind.Sqlite, error is System.Data.Common.DbException);
        Assert.Equal(0, await Count(db));
    }

    [Fact]
    public async Task Write_Deadlock_IsTriedAgainUntilBothAreStored()
    {
        await using var db = await TestDatabase.OpenAsync(DatabaseKind.PostgreSql);
        await db.AddClusters("c1", "c2");
        var tries = 0;
        using var meet = new Barrier(2);
        async Task Cross(string first, string second)
        {
            var met = false;
            await db.Write(async t =>
            {
                Interlocked.Increment(ref tries);
                await db.Stores.Clusters.LockAsync(t, first, default);
                if (!met)
                {
                    met = true;
                    meet.SignalAndWait(Soon);
                }

                await db.Stores.Clusters.LockAsync(t, second, default);
                await db.Stores.Clusters.SeenAsync(t, second, first, "", TestDatabase.Start, default);
            });
        }

        await Task.WhenAll(Task.Run(() => Cross("c1", "c2")), Task.Run(() => Cross("c2", "c1")));
        Assert.Equal(3, tries);
        Assert.Equal("c2", (await db.Read(t => db.Stores.Clusters.GetAsync(t, "c1", default)))!.AgentVersion);
    }

    [Theory, Databases]
    public async Task Migrate_NewerSchema_RefusesTheOlderHubUnlessItIsCompatible(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        var next = Migration.All.Count + 1;
        var expand = new Migration(next, "expand", 1, "CREATE TABLE later (id BIGINT)");
        var contract = new Migration(next + 1, "contract", next, "DROP TABLE later");
        await Migrator.MigrateAsync(db.Database, [.. Migration.All, expand], default);
        await Migrator.MigrateAsync(db.Database, default);
        await Migrator.MigrateAsync(db.Database, [.. Migration.All, expand, contract], default);
        var refused = await Assert.ThrowsAsync<StorageException>(() => Migrator.MigrateAsync(db.Database, default));
        Assert.Equal(StorageFailure.NewerSchema, refused.Reason);
        Assert.Contains("newer hub", refused.Message, StringComparison.Ordinal);
        await Migrator.MigrateAsync(db.Database, [.. Migration.All, expand], default);
    }

    [Fact]
    public async Task Migrate_FourNodesAtOnce_OneDoesIt()
    {
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var nodes = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => TestDatabase.OpenNodeAsync(connection, "node-" + i))));
        foreach (var node in nodes)
        {
            Assert.Equal(Migration.All.Count, await node.ReadAsync((t, c) => t.FirstAsync<long>("SELECT count(*) FROM schema_version", null, c), default));
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task Sqlite_OpenTwice_TheSecondHubIsRefused()
    {
        await using var db = await TestDatabase.OpenAsync(DatabaseKind.Sqlite);
        var e = await Assert.ThrowsAsync<StorageException>(() => SqliteDatabase.OpenAsync(db.Place, TimeProvider.System, default));
        Assert.Equal(StorageFailure.InUse, e.Reason);
    }

    [Fact]
    public async Task Sqlite_Reopened_HasItsDataAndIdentity()
    {
        var folder = Directory.CreateTempSubdirectory("fleet-store-").FullName;
        var file = Path.Combine(folder, "fleet.db");
        var stores = new FleetStores();
        DatabaseIdentity identity;
        await using (var first = await SqliteDatabase.OpenAsync(file, TimeProvider.System, default))
        {
            identity = await first.IdentityAsync(default);
            await first.WriteAsync((t, c) => stores.Feed.AppendAsync(t, Change("kept"), c), default);
            foreach (var name in new[] { "fleet.db", "fleet.db-wal" })
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, name)));
            }
        }

        await using (var again = await SqliteDatabase.OpenAsync(file, TimeProvider.System, default))
        {
            Assert.Equal(identity, await again.IdentityAsync(default));
            Assert.Single((await again.ReadAsync((t, c) => stores.Feed.SinceAsync(t, ChangeCursor.Start, 9, c), default))!);
            Assert.Equal("wal", await again.ReadAsync((t, c) => t.FirstAsync<string>("PRAGMA journal_mode", null, c), default));
            Assert.Equal(2, await again.WriteAsync((t, c) => t.FirstAsync<long>("PRAGMA synchronous", null, c), default));
        }

        // Moved elsewhere without the file beside it: another place, so another identity.
        var other = Path.Combine(folder, "moved", "fleet.db");
        Directory.CreateDirectory(Path.GetDirectoryName(other)!);
        File.Copy(file, other);
        await using (var moved = await SqliteDatabase.OpenAsync(other, TimeProvider.System, default))
        {
            Assert.NotEqual(identity, await moved.IdentityAsync(default));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Sqlite_FileIsNoDatabase_SaysSo()
    {
        var folder = Directory.CreateTempSubdirectory("fleet-store-").FullName;
        var file = Path.Combine(folder, "fleet.db");
        await File.WriteAllTextAsync(file, new string('x', 8192));
        var e = await Assert.ThrowsAsync<StorageException>(() => SqliteDatabase.OpenAsync(file, TimeProvider.System, default));
        Assert.Equal(StorageFailure.Unavailable, e.Reason);
        Assert.Contains("not a database", e.Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Sqlite_LibraryMissing_NamesThePackage()
    {
        var e = Assert.Throws<StorageException>(() => SystemSqlite.Load(["libdoesnotexist.so.0"]));
        Assert.Equal(StorageFailure.MissingLibrary, e.Reason);
        Assert.Contains("libsqlite3-0", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Postgres_UnreachableOrMisspelt_SaysWhatToCheckAndNoPassword()
    {
        async Task<string> Message(string connection) => (await Assert.ThrowsAsync<StorageException>(
            () => PostgresDatabase.OpenAsync(connection, "n", TimeProvider.System, NullLoggerFactory.Instance, default))).Message;
        Assert.Contains("--postgres", await Message("Host=127.0.0.1;Port=1;Username=x;Password=hunter2"), StringComparison.Ordinal);
        var misspelt = await Message("Hoost=127.0.0.1;Password=hunter2");
        Assert.Contains("connection string", misspelt, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", misspelt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Postgres_Identity_IsTheServersOwn()
    {
        await using var db = await TestDatabase.OpenAsync(DatabaseKind.PostgreSql);
        var identity = await db.Database.IdentityAsync(default);
        Assert.Equal(await (await PostgresServer.SharedAsync()).ExecuteAsync("postgres", "SELECT system_identifier FROM pg_control_system()"), identity.SystemIdentifier);
        Assert.Equal(1, identity.Timeline);
    }

    [Fact]
    public async Task Postgres_OwnerWithoutFurtherRights_IsEnough()
    {
        var server = await PostgresServer.SharedAsync();
        var connection = new Npgsql.NpgsqlConnectionStringBuilder(await server.CreateDatabaseAsync());
        var role = "owner_of_" + connection.Database;
        await server.ExecuteAsync("postgres", $"CREATE ROLE {role} LOGIN NOSUPERUSER");
        await server.ExecuteAsync("postgres", $"ALTER DATABASE {connection.Database} OWNER TO {role}");
        connection.Username = role;
        await using var db = await TestDatabase.OpenNodeAsync(connection.ConnectionString, "n");
        Assert.Equal(1, (await db.IdentityAsync(default)).Timeline);
    }

    [Fact]
    public async Task Postgres_ChangedAtOneNode_WakesTheNodeThatHoldsTheSession()
    {
        await using var db = await TestDatabase.OpenAsync(DatabaseKind.PostgreSql);
        await using var second = await TestDatabase.OpenNodeAsync(db.Place, "node-2");
        await db.AddClusters("c1");
        await db.Attach("c1", "node-2");
        using var atSecond = second.Changes.Subscribe(Topics.Targets);
        await atSecond.WaitAsync(TimeSpan.Zero, default);
        await db.Write(t => db.Stores.Targets.ChangeAsync(t, [Targets.TargetStoreTests.Set("c1", "a1")], TestDatabase.Lineage, TestDatabase.Start, default));
        Assert.True(await atSecond.WaitAsync(Soon, default));
        Assert.Equal("c1", Assert.Single(await second.ReadAsync((t, c) => db.Stores.Sync.ClustersBehindAsync(t, "node-2", 10, c), default)).Cluster);
    }

    [Fact]
    public async Task Postgres_NodeWithAWrongClock_GoesByTheDatabases()
    {
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var right = TimeProvider.System.GetUtcNow();
        await using var db = await PostgresDatabase.OpenAsync(connection, "n", new ShiftedTime { Shift = TimeSpan.FromHours(-3) }, NullLoggerFactory.Instance, default);
        Assert.InRange(db.Clock.GetUtcNow(), right - Soon, right + Soon);
    }

    [Theory, Databases]
    public async Task Signal_OfAWrite_ComesAfterItsCommitAlone(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        using var subscription = db.Database.Changes.Subscribe(Topics.Work);
        await subscription.WaitAsync(TimeSpan.Zero, default);
        await Assert.ThrowsAsync<InvalidDataException>(() => db.Write(async t =>
        {
            await db.Stores.Work.RaiseAsync(t, "k", "a", TestDatabase.Start, default);
            throw new InvalidDataException();
        }));
        Assert.False(await subscription.WaitAsync(TimeSpan.Zero, default));
        await db.Write(t => db.Stores.Work.RaiseAsync(t, "k", "a", TestDatabase.Start, default));
        await db.Write(t => db.Stores.Work.RaiseAsync(t, "k", "a", TestDatabase.Start, default));
        Assert.True(await subscription.WaitAsync(Soon, default));
        Assert.False(await subscription.WaitAsync(TimeSpan.Zero, default));
        db.Database.Changes.Publish(Topics.Reports);
        Assert.False(await subscription.WaitAsync(TimeSpan.FromMilliseconds(1), default));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => subscription.WaitAsync(Soon, new CancellationToken(true)));
    }

    [Fact]
    public async Task Signal_OtherNodes_AreWokenOrLeftAsleep()
    {
        await using var db = await TestDatabase.OpenAsync(DatabaseKind.PostgreSql);
        await using var second = await TestDatabase.OpenNodeAsync(db.Place, "node-2");
        await using var third = await TestDatabase.OpenNodeAsync(db.Place, "node 3 \"odd\"; name");
        foreach (var name in new[] { "node-2", "node 3 \"odd\"; name" })
        {
            await db.Write(t => db.Stores.Nodes.RenewAsync(t, new(name, "b", "", "", TestDatabase.Start, TestDatabase.Start), TestDatabase.Start, default));
        }

        using var atSecond = second.Changes.Subscribe(Topics.Work, Topics.Targets);
        using var atThird = third.Changes.Subscribe(Topics.Work, Topics.Targets);
        db.Database.Changes.Publish(Topics.Work);
        Assert.True(await atSecond.WaitAsync(Soon, default));
        Assert.True(await atThird.WaitAsync(Soon, default));
        db.Database.Changes.Publish(Topics.Targets, "node-2");
        Assert.True(await atSecond.WaitAsync(Soon, default));
        Assert.False(await atThird.WaitAsync(TimeSpan.Zero, default));
    }

    [Fact]
    public async Task Signal_ListenerCut_ListensAgainAndWakesEveryone()
    {
        await using var db = await TestDatabase.OpenAsync(DatabaseKind.PostgreSql);
        using var subscription = db.Database.Changes.Subscribe(Topics.Sessions);
        await db.Write(t => t.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()", null, default));
        Assert.True(await subscription.WaitAsync(Soon, default));
    }

    private static ResourceChange Change(string name) => new("Assignment", name, "uid", 1, ChangeOperation.Modified);

    private static Task<long> Count(TestDatabase db) => db.Read(Count);

    private static Task<long> Count(Transaction transaction) => transaction.FirstAsync<long>("SELECT count(*) FROM change_feed", null, default);
}
