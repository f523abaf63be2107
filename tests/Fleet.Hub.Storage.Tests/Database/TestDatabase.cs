using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Postgres;
using Fleet.Hub.Storage.Sessions;
using Fleet.Hub.Storage.Sqlite;
using Fleet.Testing.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Hub.Storage.Tests.Database;

/// <summary>An empty database of either kind, and short cuts for tests.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly byte[] Lineage = [1, 2, 3];

    private readonly string _folder;

    private TestDatabase(FleetDatabase database, string folder, string place)
    {
        Database = database;
        _folder = folder;
        Place = place;
    }

    public FleetDatabase Database { get; }

    public FleetStores Stores { get; } = new();

    /// <summary>The SQLite file, or the connection string.</summary>
    public string Place { get; }

    public static async Task<TestDatabase> OpenAsync(DatabaseKind kind, string node = "node-1")
    {
        var folder = Directory.CreateTempSubdirectory("fleet-store-").FullName;
        if (kind == DatabaseKind.Sqlite)
        {
            var file = Path.Combine(folder, "fleet.db");
            return new(await SqliteDatabase.OpenAsync(file, TimeProvider.System, default), folder, file);
        }

        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        return new(await OpenNodeAsync(connection, node), folder, connection);
    }

    /// <summary>Another hub node over the same PostgreSQL database.</summary>
    public static Task<PostgresDatabase> OpenNodeAsync(string connection, string node) =>
        PostgresDatabase.OpenAsync(connection + ";Maximum Pool Size=12", node, TimeProvider.System, NullLoggerFactory.Instance, default);

    public Task<T> Write<T>(Func<Transaction, Task<T>> body) => Database.WriteAsync((transaction, _) => body(transaction), default);

    public Task Write(Func<Transaction, Task> body) => Database.WriteAsync((transaction, _) => body(transaction), default);

    public Task<T> Read<T>(Func<Transaction, Task<T>> body) => Database.ReadAsync((transaction, _) => body(transaction), default);

    public static StoredCluster Cluster(string id, string? name = null) => new(
        id, name ?? "name-" + id, 0, 1, new Dictionary<string, string> { ["env"] = "test" }, new Dictionary<string, string>(), [7], "kube-" + id, "NeverConnected",
        Start, null, "", "", Start, Start, null, null);

    public async Task AddClusters(params string[] ids)
    {
        foreach (var id in ids)
        {
            Assert.True(await Write(transaction => Stores.Clusters.InsertAsync(transaction, Cluster(id), ClusterIdentity.None(id), default)));
        }
    }

    /// <summary>Begins a session and gives its fence.</summary>
    public async Task<long> Attach(string cluster, string node = "node-1", string session = "session")
    {
        var attach = new SessionAttach(cluster, node, session, "boot", [1], [2], 0);
        var fence = await Write(transaction => Stores.Sync.AttachAsync(transaction, attach, Start, default));
        return Assert.NotNull(fence);
    }

    /// <summary>
    /// Waits until no transaction of this server is open that began before what was written so far: other tests run at
    /// the same time, and the feed and the seals wait for theirs.
    /// </summary>
    public async Task Settled()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await Read(t => t.FirstAsync<long>($"SELECT count(*) FROM change_feed WHERE NOT ({t.Dialect.IsSettled("transaction_id")})", null, default)) > 0)
        {
            await Task.Delay(5, deadline.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
