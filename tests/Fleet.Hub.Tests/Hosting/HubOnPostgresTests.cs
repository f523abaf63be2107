using System.Security.Cryptography;
using Fleet.Hub.Hosting;
using Fleet.Hub.Tests.Enrollment;
using Fleet.Testing.Postgres;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.Hub.Tests.Hosting;

public sealed class HubOnPostgresTests
{
    [Fact]
    public async Task TwoNodes_OneDatabase_OneHub()
    {
        var server = await PostgresServer.SharedAsync();
        var connection = await server.CreateDatabaseAsync();
        var (first, second, key) = (TestHub.NewFolder(), TestHub.NewFolder(), Path.GetTempFileName());
        try
        {
            await File.WriteAllTextAsync(key, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            HubOptions Change(HubOptions options, string node) => options with { Postgres = connection, MasterKeyFile = key, NodeName = node };
            await using var a = await TestHub.StartAsync(folder: first, change: o => Change(o, "a"));
            await using var b = await TestHub.StartAsync(folder: second, change: o => Change(o, "b"), adminKey: a.AdminKey);
            Assert.Null(b.Host.AdminKey);
            Assert.Equal(a.Host.CaPem, b.Host.CaPem);

            // A watch at one node sees what is applied at the other.
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            using var watch = b.Api.Watch(new WatchRequest { Kind = "GitSource" }, cancellationToken: limit.Token);
            Assert.True(await watch.ResponseStream.MoveNext(limit.Token));
            Assert.Equal(["created"], Api.ApplyTests.Actions(await a.ApplyAsync(Api.ApplyTests.Source)));
            Assert.True(await watch.ResponseStream.MoveNext(limit.Token));
            Assert.Equal(("ADDED", "apps"), (watch.ResponseStream.Current.Type, watch.ResponseStream.Current.Resource.GitSource.Metadata.Name));

            // An identity given at one is good at the other, and ended at both.
            using var agent = new TestAgent();
            await agent.EnrollAsync(a, await a.TokenAsync());
            Assert.Null(await agent.KnockAsync(b));
            await a.Api.RevokeClusterAsync(new RevokeClusterRequest { Name = agent.Name });
            AssertShutOut(await agent.KnockAsync(b));
        }
        finally
        {
            Directory.Delete(first, recursive: true);
            Directory.Delete(second, recursive: true);
            File.Delete(key);
        }
    }

    [Fact]
    public async Task RevokedAtOneNode_DatabaseRestoredFromBefore_StaysRevokedAtAnyNode_AndRecoverWaitsForAnOperator()
    {
        var server = await PostgresServer.SharedAsync();
        var connection = await server.CreateDatabaseAsync();
        var (first, second, key) = (TestHub.NewFolder(), TestHub.NewFolder(), Path.GetTempFileName());
        try
        {
            await File.WriteAllTextAsync(key, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            HubOptions Change(HubOptions options, string node, string database) => options with { Postgres = database, MasterKeyFile = key, NodeName = node };
            using var agent = new TestAgent();
            using var removed = new TestAgent("prod-2");
            using var good = new TestAgent("prod-3");
            string adminKey;
            await using (var a = await TestHub.StartAsync(folder: first, change: o => Change(o, "a", connection)))
            {
                adminKey = a.AdminKey;
                foreach (var one in (TestAgent[])[agent, removed, good])
                {
                    await one.EnrollAsync(a, await a.TokenAsync());
                }
            }

            // The backup: the same server, so the same system identifier and timeline, and the same epoch inside.
            var names = new Npgsql.NpgsqlConnectionStringBuilder(connection);
            var backup = names.Database + "_backup";
            await server.ExecuteAsync("postgres", $"CREATE DATABASE \"{backup}\" TEMPLATE \"{names.Database}\"");
            names.Database = backup;

            await using (var a = await TestHub.StartAsync(folder: first, change: o => Change(o, "a", connection)))
            await using (var b = await TestHub.StartAsync(folder: second, change: o => Change(o, "b", connection), adminKey: adminKey))
            {
                await a.Api.CreateTokenAsync(new CreateTokenRequest { Name = "open" });
                await a.Api.RevokeClusterAsync(new RevokeClusterRequest { Name = agent.Name });
                await a.Api.DeleteAsync(new DeleteRequest { Kind = "Cluster", Name = removed.Name, Confirm = removed.Name });
                await Flow.FlowHub.EventuallyAsync(
                    () => Task.FromResult(File.Exists(Path.Combine(second, "revocations.log")) ? File.ReadAllText(Path.Combine(second, "revocations.log")) : ""),
                    log => log.Contains(agent.Identity!.ClusterId, StringComparison.Ordinal) && log.Contains(removed.Identity!.ClusterId, StringComparison.Ordinal),
                    "the revocations in the other node's journal");
            }

            // Only the node that was asked for nothing comes back, over the older database.
            await using (var b = await TestHub.StartAsync(folder: second, change: o => Change(o, "b", names.ToString()), adminKey: adminKey))
            {
                Assert.Equal("Revoked", (await b.Api.GetAsync(new GetRequest { Kind = "Cluster", Name = agent.Name })).Cluster.Status.State);
                AssertShutOut(await agent.KnockAsync(b));
                AssertShutOut(await removed.KnockAsync(b));
                Assert.Null(await good.KnockAsync(b));

                // Found by this node's own mark, which the older database lacks.
                Assert.Null((await b.Api.GetAsync(new GetRequest { Kind = "Incident", Name = "lineage" })).Incident.ReleasedTime);
                var begin = new BeginRecoverRequest { ClusterId = good.Identity!.ClusterId, KeyHash = Google.Protobuf.ByteString.CopyFrom(good.KeyHash) };
                var e = await Assert.ThrowsAsync<RpcException>(async () => await b.Enrollment.BeginRecoverAsync(begin));
                Assert.Equal("RECOVERY_SUSPENDED", EnrollmentTests.Reason(e));
                await b.Api.ReleaseIncidentAsync(new ReleaseIncidentRequest { Name = "lineage" });
                await b.Enrollment.BeginRecoverAsync(begin);
            }
        }
        finally
        {
            Directory.Delete(first, recursive: true);
            Directory.Delete(second, recursive: true);
            File.Delete(key);
        }
    }

    [Fact]
    public async Task FailoverThatLostTransactions_AnotherTimeline_TokensVoidAndOneIncident()
    {
        var server = await PostgresServer.SharedAsync();
        var connection = await server.CreateDatabaseAsync();
        var (folder, key) = (TestHub.NewFolder(), Path.GetTempFileName());
        try
        {
            await File.WriteAllTextAsync(key, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            HubOptions Change(HubOptions options) => options with { Postgres = connection, MasterKeyFile = key, NodeName = "a" };
            string adminKey;
            byte[] before;
            await using (var hub = await TestHub.StartAsync(folder: folder, change: Change))
            {
                adminKey = hub.AdminKey;
                await hub.Api.CreateTokenAsync(new CreateTokenRequest { Name = "open" });
                before = await LineageAsync(hub);
            }

            // As after a promotion: the rows are of another timeline than the server writes now.
            await server.ExecuteAsync(new Npgsql.NpgsqlConnectionStringBuilder(connection).Database!, "UPDATE hub SET timeline = timeline + 1");
            await using (var hub = await TestHub.StartAsync(folder: folder, change: Change, adminKey: adminKey))
            {
                Assert.Null((await hub.Api.GetAsync(new GetRequest { Kind = "Incident", Name = "lineage" })).Incident.ReleasedTime);
                Assert.Equal("Revoked", (await hub.Api.GetAsync(new GetRequest { Kind = "EnrollmentToken", Name = "open" })).EnrollmentToken.Status.State);
                Assert.NotEqual(before, await LineageAsync(hub));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            File.Delete(key);
        }
    }

    // By the gate, or in the handshake already once the node's own journal has it.
    private static void AssertShutOut(StatusCode? code) => Assert.Contains(code, new StatusCode?[] { StatusCode.PermissionDenied, StatusCode.Unavailable });

    private static async Task<byte[]> LineageAsync(TestHub hub)
    {
        var database = (Storage.FleetDatabase)hub.Host.Services.GetService(typeof(Storage.FleetDatabase))!;
        return (await database.ReadAsync(new Storage.FleetStores().Hub.GetAsync, default))!.Lineage.ToBytes();
    }
}
