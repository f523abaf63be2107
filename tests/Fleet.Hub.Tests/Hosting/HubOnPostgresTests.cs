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
            Assert.Equal(StatusCode.PermissionDenied, await agent.KnockAsync(b));
        }
        finally
        {
            Directory.Delete(first, recursive: true);
            Directory.Delete(second, recursive: true);
            File.Delete(key);
        }
    }
}
