using Fleet.Hub.Storage.Identity;
using Fleet.Hub.Storage.Tests.Database;

namespace Fleet.Hub.Storage.Tests.Identity;

public sealed class IdentityStoreTests
{
    private static readonly DateTimeOffset Now = TestDatabase.Start;

    [Theory, Databases]
    public async Task Hub_FirstStartsAtOnce_OneIdentityStands(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        Assert.Null(await db.Read(t => db.Stores.Hub.GetAsync(t, default)));
        var created = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() =>
            db.Write(t => db.Stores.Hub.CreateAsync(t, new("hub-" + i, "fleet.test", "epoch", "system", 1, "k", [1], Now), default)))));
        Assert.Single(created, true);
        var state = (await db.Read(t => db.Stores.Hub.GetAsync(t, default)))!;
        var moved = state.Lineage with { Timeline = 2 };
        await db.Write(t => db.Stores.Hub.SetLineageAsync(t, moved, default));
        await db.Write(t => db.Stores.Hub.SetKeyCheckAsync(t, "k2", [2], default));
        var read = (await db.Read(t => db.Stores.Hub.GetAsync(t, default)))!;
        Assert.Equal((moved, "k2"), (read.Lineage, read.KeyCheckKeyId));
        Assert.NotEqual(state.Lineage.ToBytes(), moved.ToBytes());
        Assert.Equal(32, moved.ToBytes().Length);
    }

    [Theory, Databases]
    public async Task Cas_NewestFirst_RolesChange(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.Write(t => db.Stores.Hub.PutCaAsync(t, new("1", "Active", [1], "k", [2], Now, Now.AddYears(10)), default));
        await db.Write(t => db.Stores.Hub.PutCaAsync(t, new("2", "Next", [3], "k", [4], Now.AddDays(1), Now.AddYears(10)), default));
        await db.Write(t => db.Stores.Hub.PutCaAsync(t, new("1", "Retired", [1], "k", [2], Now, Now.AddYears(10)), default));
        Assert.Equal([("2", "Next"), ("1", "Retired")], (await db.Read(t => db.Stores.Hub.CasAsync(t, default))).Select(c => (c.Id, c.Role)));
    }

    [Theory, Databases]
    public async Task Nodes_LeaseHeldByAnotherProcess_IsRefusedUntilItEnds(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        Task<bool> Renew(string boot, DateTimeOffset now) =>
            db.Write(t => db.Stores.Nodes.RenewAsync(t, new("n1", boot, "https://a", "1.0", Now, now + NodeStore.Lease), now, default));
        Assert.True(await Renew("boot-1", Now));
        Assert.True(await Renew("boot-1", Now.AddSeconds(2)));
        Assert.False(await Renew("boot-2", Now.AddSeconds(6)));
        Assert.Empty(await db.Write(t => db.Stores.Nodes.ExpiredAsync(t, Now.AddSeconds(7), default)));
        Assert.Single(await db.Write(t => db.Stores.Nodes.ExpiredAsync(t, Now.AddSeconds(8), default)));
        Assert.True(await Renew("boot-2", Now.AddSeconds(8)));
        Assert.False(await db.Write(t => db.Stores.Nodes.RemoveAsync(t, "n1", "boot-1", default)));
        Assert.True(await db.Write(t => db.Stores.Nodes.RemoveAsync(t, "n1", "boot-2", default)));
        Assert.Empty(await db.Read(t => db.Stores.Nodes.ListAsync(t, default)));
    }
}
