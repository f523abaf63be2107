namespace Fleet.Hub.Storage.Tests.Database;

public sealed class EmptyDatabaseTests
{
    /// <summary>SQLite knows the type of a computed column from a row alone, so each such query is tried without any.</summary>
    [Theory, Databases]
    public async Task Queries_WithComputedColumns_FindNothingAndDoNotFail(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        var stores = db.Stores;
        Assert.Empty(await db.Read(t => stores.Rollups.OfAssignmentsAsync(t, ["a"], default)));
        Assert.Empty(await db.Read(t => stores.Rollups.OfClustersAsync(t, ["c"], default)));
        Assert.Empty(await db.Read(t => stores.Rollups.ListAsync(t, "", "", 10, default)));
        Assert.Empty(await db.Read(t => stores.Rollups.NotReadyAsync(t, "a", 10, default)));
        Assert.Null(await db.Read(t => stores.Rollups.GetAsync(t, "c", "a", default)));
        Assert.Empty(await db.Read(t => stores.Targets.CountOfClustersAsync(t, ["c"], TestDatabase.Start, default)));
        Assert.Empty(await db.Read(t => stores.Targets.RemovalsSinceAsync(t, TestDatabase.Start, default)));
        Assert.Equal(new(0, 0), await db.Read(t => stores.Targets.CountAsync(t, "a", default)));
        Assert.Equal(0, await db.Read(t => stores.Targets.CountLiveAsync(t, default)));
        Assert.Null(await db.Read(t => stores.Work.NextDueAsync(t, "k", default)));
        Assert.Empty(await db.Write(t => stores.Work.ClaimAsync(t, "k", "n", TimeSpan.FromSeconds(1), 5, TestDatabase.Start, default)));
    }
}
