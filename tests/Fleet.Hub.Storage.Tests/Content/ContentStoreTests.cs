using Fleet.Hub.Storage.Content;
using Fleet.Hub.Storage.Tests.Database;
using Fleet.Hub.Storage.Tests.Targets;

namespace Fleet.Hub.Storage.Tests.Content;

public sealed class ContentStoreTests
{
    private static readonly DateTimeOffset Now = TestDatabase.Start;

    [Theory, Databases]
    public async Task Put_SecondClosure_NeedsOnlyWhatIsMissing(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        var content = db.Stores.Content;
        Assert.Equal(["o1", "o2"], await db.Read(t => content.MissingAsync(t, ["o1", "o2"], default)));
        Assert.True(await Put(db, "k1", "d1", ["o1", "o2"], "o1", "o2"));
        Assert.Equal(["o3"], await db.Read(t => content.MissingAsync(t, ["o2", "o3"], default)));
        Assert.False(await Put(db, "k2", "d2", ["o2", "o3"]));
        Assert.True(await Put(db, "k2", "d2", ["o2", "o3"], "o3"));
        Assert.True(await Put(db, "k2", "d2", ["o2", "o3"]));
        Assert.Equal("d2", (await db.Read(t => content.GetClosureAsync(t, "s1", "k2", "roots", default)))!.Digest);
        Assert.Null(await db.Read(t => content.GetClosureAsync(t, "s2", "k2", "roots", default)));
        Assert.Equal(["o2", "o3"], (await db.Read(t => content.ListAsync(t, "d2", default))).Select(o => o.Oid));
        Assert.Equal(["o3"], (await db.Read(t => content.WithinAsync(t, "d2", ["o1", "o3", "o9"], default))).Select(o => o.Oid));
        var read = Assert.Single(await db.Read(t => content.GetObjectsAsync(t, ["o3"], default)));
        Assert.Equal(("blob", 2L), (read.Type, read.Size));
        Assert.Equal("o3"u8.ToArray(), read.Content);
    }

    [Theory, Databases]
    public async Task Sweep_KeepsWhatTargetsNameAndWhatIsShared(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        await Put(db, "k1", "closure", ["o1", "o2"], "o1", "o2");
        await Put(db, "k2", "old", ["o2", "o3"], "o3");
        await db.Write(t => db.Stores.Targets.ChangeAsync(t, [TargetStoreTests.Set("c1", "a1")], TestDatabase.Lineage, Now, default));
        Assert.Equal(0, await db.Write(t => db.Stores.Content.SweepAsync(t, Now, default)));
        await db.Write(t => db.Stores.Content.TouchAsync(t, "old", Now.AddHours(1), default));
        Assert.Equal(0, await db.Write(t => db.Stores.Content.SweepAsync(t, Now.AddHours(1), default)));
        Assert.Equal(1, await db.Write(t => db.Stores.Content.SweepAsync(t, Now.AddHours(2), default)));
        Assert.Equal(["o3"], await db.Read(t => db.Stores.Content.MissingAsync(t, ["o1", "o2", "o3"], default)));
        Assert.Empty(await db.Read(t => db.Stores.Content.ListAsync(t, "old", default)));
    }

    [Theory, Databases]
    public async Task Put_OverTheLimits_IsRefused(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        var content = new ContentStore(new() { MaxObjects = 2, MaxObjectBytes = 2, MaxClosureBytes = 10 });
        Task Try(long objects, long bytes, byte[] body) => db.Write(t => content.PutAsync(
            t, new("s1", "k", "roots", "d", objects, bytes), ["o1"], [new("o1", "blob", body.Length, body)], Now, default));
        await Assert.ThrowsAsync<ArgumentException>(() => Try(3, 1, []));
        await Assert.ThrowsAsync<ArgumentException>(() => Try(1, 11, []));
        await Assert.ThrowsAsync<ArgumentException>(() => Try(1, 1, new byte[3]));
        await Try(1, 2, [1, 2]);
    }

    [Theory, Databases]
    public async Task PutAndSweep_AtOnce_NoClosureLacksAnObject(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            for (var round = 0; round < 5; round++)
            {
                string[] oids = ["shared", "own-" + i];
                while (!await Put(db, "k" + i, "d" + i, oids, [.. await db.Read(t => db.Stores.Content.MissingAsync(t, oids, default))]))
                {
                }

                await db.Write(t => db.Stores.Content.SweepAsync(t, Now.AddSeconds(1), default));
            }
        })));
        Assert.Equal(2, (await db.Read(t => db.Stores.Content.MissingAsync(t, ["shared", "own-1"], default))).Count);
    }

    private static Task<bool> Put(TestDatabase db, string commit, string digest, string[] oids, params string[] missing) => db.Write(t => db.Stores.Content.PutAsync(
        t,
        new("s1", commit, "roots", digest, oids.Length, 4),
        oids,
        [.. missing.Select(oid => new StoredObject(oid, "blob", oid.Length, System.Text.Encoding.UTF8.GetBytes(oid)))],
        Now,
        default));
}
