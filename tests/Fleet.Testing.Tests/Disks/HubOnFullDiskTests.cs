using Fleet.Testing.Disks;
using Fleet.Testing.Tests.Programs;

namespace Fleet.Testing.Tests.Disks;

/// <summary>fleet-hub on SQLite whose disk fills up: refuses, loses nothing, recovers.</summary>
public sealed class HubOnFullDiskTests
{
    [SmallDiskFact]
    public async Task Hub_DiskFull_RefusesWritesClearlyLosesNothingAndRecovers()
    {
        await using var disk = SmallDisk.Mount(32 << 20);
        await using var hub = await HubProgram.StartAsync(disk.Folder);
        var stored = new List<string>();
        Assert.Equal(200, await ApplyAsync("before"));
        disk.Fill(but: 256 << 10);

        // The log of changes has some room of its own left to be used up.
        (int Status, string Body) refused = default;
        for (var i = 0; refused.Status == 0; i++)
        {
            Assert.True(i < 1000, "the disk did not fill");
            var answer = await hub.ApplySourceAsync($"filler-{i}", 20_000);
            if (answer.Status == 200)
            {
                stored.Add($"filler-{i}");
            }
            else
            {
                refused = answer;
            }
        }

        Assert.Equal(503, refused.Status);
        Assert.Contains("disk of the hub's database is full, so nothing was changed", refused.Body, StringComparison.Ordinal);
        Assert.Contains("DATABASE_FULL", refused.Body, StringComparison.Ordinal);

        // It lives, reads, and has all that it said it had.
        Assert.Equal(200, (await hub.GetAsync("/healthz")).Status);
        await AllThereAsync();

        disk.Clear();
        Assert.Equal(200, await ApplyAsync("after"));
        await AllThereAsync();

        // The same data in the eyes of the next process.
        await hub.Program.KillAsync();
        await using var next = await HubProgram.StartAsync(disk.Folder);
        foreach (var name in stored)
        {
            Assert.True(await next.HasSourceAsync(name), name);
        }

        async Task<int> ApplyAsync(string name)
        {
            stored.Add(name);
            return (await hub.ApplySourceAsync(name)).Status;
        }

        async Task AllThereAsync()
        {
            foreach (var name in stored)
            {
                Assert.True(await hub.HasSourceAsync(name), name);
            }
        }
    }

    [Fact]
    public async Task Hub_FilesMayNotGrow_RefusesWritesAndRecovers()
    {
        // What can be shown without root's rights: each write beyond the limit fails.
        var folder = Directory.CreateTempSubdirectory("fleet-hub-").FullName;
        try
        {
            await using var hub = await HubProgram.StartAsync(folder);
            Assert.Equal(200, (await hub.ApplySourceAsync("before")).Status);
            await hub.Program.LimitFileSizeAsync(4096);
            var (status, body) = await hub.ApplySourceAsync("refused", 20_000);
            Assert.True(status == 503, $"{status} {body}");
            Assert.True(await hub.HasSourceAsync("before"));
            Assert.False(await hub.HasSourceAsync("refused"));
            await hub.Program.LimitFileSizeAsync(null);
            Assert.Equal(200, (await hub.ApplySourceAsync("after")).Status);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
