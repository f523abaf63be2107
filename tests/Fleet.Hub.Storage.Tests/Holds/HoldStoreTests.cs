using Fleet.Hub.Storage.Holds;
using Fleet.Hub.Storage.Tests.Database;

namespace Fleet.Hub.Storage.Tests.Holds;

public sealed class HoldStoreTests
{
    private static readonly DateTimeOffset Now = TestDatabase.Start;

    [Theory, Databases]
    public async Task Hold_PutAgainThenReleased_IsSettledOnce(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        var hold = new StoredHold("h1", "prune-web", "MassPrune", "30 of 40 objects", "c1", "a1", ["Deployment/x"], 30, Now, "", null, "");
        Assert.True(await db.Write(t => db.Stores.Holds.PutAsync(t, hold, default)));
        Assert.True(await db.Write(t => db.Stores.Holds.PutAsync(t, hold with { Id = "h2", ItemCount = 31 }, default)));
        var open = Assert.Single(await db.Read(t => db.Stores.Holds.ListOpenAsync(t, "c1", "", "", 10, default)));
        Assert.Equal(("h1", 31L), (open.Id, open.ItemCount));
        Assert.Equal(["Deployment/x"], open.Items);
        Assert.Empty(await db.Read(t => db.Stores.Holds.ListOpenAsync(t, "c2", "", "", 10, default)));
        Assert.True(await db.Write(t => db.Stores.Holds.SettleAsync(t, "prune-web", "Released", "ann", Now, default)));
        Assert.False(await db.Write(t => db.Stores.Holds.SettleAsync(t, "prune-web", "Refused", "bob", Now, default)));
        Assert.False(await db.Write(t => db.Stores.Holds.PutAsync(t, hold, default)));
        Assert.Equal(["h1"], await db.Read(t => db.Stores.Holds.ReleasedAsync(t, "c1", "a1", default)));
        Assert.Empty(await db.Read(t => db.Stores.Holds.ListOpenAsync(t, "", "", "", 10, default)));
        Assert.Equal("ann", (await db.Read(t => db.Stores.Holds.GetByNameAsync(t, "prune-web", default)))!.SettledBy);
    }

    [Theory, Databases]
    public async Task Incident_ReleasedAndBack_IsOpenAgain(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        var incident = new StoredIncident("i1", "fork", "Fork", "restored", ["c1"], Now, null, "");
        await db.Write(t => db.Stores.Incidents.PutAsync(t, incident, default));
        await db.Write(t => db.Stores.Incidents.PutAsync(t, incident with { Id = "i2", Clusters = ["c1", "c2"], Since = Now.AddHours(1) }, default));
        var read = (await db.Write(t => db.Stores.Incidents.LockAsync(t, "fork", default)))!;
        Assert.Equal(("i1", 2, Now), (read.Id, read.Clusters.Count, read.Since));
        Assert.True(await db.Write(t => db.Stores.Incidents.ReleaseAsync(t, "fork", "ann", Now, default)));
        Assert.False(await db.Write(t => db.Stores.Incidents.ReleaseAsync(t, "fork", "ann", Now, default)));
        Assert.Empty(await db.Read(t => db.Stores.Incidents.ListAsync(t, true, "", 10, default)));
        Assert.Single(await db.Read(t => db.Stores.Incidents.ListAsync(t, false, "", 10, default)));
        await db.Write(t => db.Stores.Incidents.PutAsync(t, incident with { Since = Now.AddHours(2) }, default));
        read = (await db.Read(t => db.Stores.Incidents.GetByNameAsync(t, "fork", default)))!;
        Assert.Equal((null, Now.AddHours(2)), (read.ReleasedAt, read.Since));
    }
}
