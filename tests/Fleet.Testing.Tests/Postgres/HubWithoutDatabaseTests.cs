using System.Security.Cryptography;
using Fleet.Testing.Postgres;
using Fleet.Testing.Tests.Programs;

namespace Fleet.Testing.Tests.Postgres;

/// <summary>fleet-hub over PostgreSQL while that one is stopped, killed or hangs.</summary>
public sealed class HubWithoutDatabaseTests
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(10);

    [Fact]
    public Task Hub_DatabaseStopsForTenSeconds_LivesSaysSoAndGoesOn() => GoesOnAsync("stop");

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("kill")]
    [InlineData("pause")]
    public Task Hub_TenSecondsWithoutItsDatabase_LivesSaysSoAndGoesOn(string fault) => GoesOnAsync(fault);

    private static async Task GoesOnAsync(string fault)
    {
        await using var server = await PostgresServer.StartAsync();
        var connection = await server.CreateDatabaseAsync();
        var folder = Directory.CreateTempSubdirectory("fleet-hub-").FullName;
        try
        {
            var key = Path.Combine(folder, "master.key");
            await File.WriteAllTextAsync(key, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            await using var hub = await HubProgram.StartAsync(Path.Combine(folder, "data"), "--postgres", connection, "--master-key-file", key);
            Assert.Equal(200, (await hub.ApplySourceAsync("before")).Status);

            var over = Task.Delay(Outage);
            await (fault switch { "stop" => server.StopAsync(), "kill" => server.KillAsync(), _ => Task.Run(server.Pause) });
            Assert.Equal(200, (await hub.GetAsync("/healthz")).Status);
            Assert.Equal(503, (await hub.GetAsync("/readyz")).Status);
            if (fault != "pause")
            {
                var (status, body) = await hub.ApplySourceAsync("refused");
                Assert.True(status == 503, $"{status} {body}");
                Assert.Contains("DATABASE", body, StringComparison.Ordinal);
            }

            await over;
            await (fault == "pause" ? Task.Run(server.Resume) : server.RestartAsync());
            await UntilReadyAsync(hub);
            Assert.True(await hub.HasSourceAsync("before"));
            Assert.False(await hub.HasSourceAsync("refused"));
            Assert.Equal(200, (await hub.ApplySourceAsync("after")).Status);
            Assert.False(hub.Program.HasExited);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task UntilReadyAsync(HubProgram hub)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await hub.GetAsync("/readyz")).Status != 200)
        {
            await Task.Delay(100, limit.Token);
        }
    }
}
