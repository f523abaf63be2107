using Fleet.Hub.Storage.Sessions;
using Fleet.Hub.Storage.Tests.Database;
using Fleet.Hub.Storage.Tests.Targets;

namespace Fleet.Hub.Storage.Tests.Sessions;

public sealed class SyncStoreTests
{
    private static readonly DateTimeOffset Now = TestDatabase.Start;

    [Theory, Databases]
    public async Task Attach_EachSession_RaisesTheFence(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        Assert.Equal(1, await db.Attach("c1", session: "s1"));
        Assert.Equal(2, await db.Attach("c1", "node-2", "s2"));
        var sync = (await db.Read(t => db.Stores.Sync.GetAsync(t, "c1", default)))!;
        Assert.Equal(("node-2", "s2", 2L), (sync.Node, sync.SessionId, sync.Fence));
        Assert.Equal([1], sync.Continuity);
        Assert.Equal([2], sync.PreviousContinuity);
        Assert.False(await db.Write(t => db.Stores.Sync.DetachAsync(t, "c1", 1, Now, default)));
        Assert.True(await db.Write(t => db.Stores.Sync.DetachAsync(t, "c1", 2, Now, default)));
        Assert.Null(await db.Write(t => db.Stores.Sync.AttachAsync(t, new("gone", "n", "s", "b", [], [], 0), Now, default)));
    }

    [Theory, Databases]
    public async Task Attach_ManyAtOnce_EachGetsAFenceOfItsOwn(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        var fences = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Task.Run(() => db.Attach("c1", session: "s" + i))));
        Assert.Equal(Enumerable.Range(1, 24).Select(i => (long)i), fences.Order());
    }

    [Theory, Databases]
    public async Task Acknowledge_StaleFenceOrForeignChain_IsRefused(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        var old = await db.Attach("c1");
        var live = await db.Attach("c1");
        var changed = Assert.Single(await Change(db, "c1", "a1"));
        Task<bool> Ack(long fence, long generation, byte[] chain) => db.Write(t => db.Stores.Sync.AcknowledgeAsync(t, "c1", fence, generation, chain, default));
        Assert.False(await Ack(old, 1, changed.Chain));
        Assert.False(await Ack(live, 1, new byte[32]));
        Assert.False(await Ack(live, 2, changed.Chain));
        Assert.True(await Ack(live, 0, new byte[32]));
        Assert.True(await Ack(live, 1, changed.Chain));
        Assert.Equal(1, (await db.Read(t => db.Stores.Sync.GetAsync(t, "c1", default)))!.AckedGeneration);
    }

    [Theory, Databases]
    public async Task ClustersBehind_OnlyTheNodesOwnUnacknowledged(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1", "c2", "c3", "c4");
        var fence = await db.Attach("c1");
        await db.Attach("c2");
        await db.Attach("c3", "node-2");
        var changed = (await Change(db, "c1", "a1"))[0];
        await Change(db, "c3", "a1");
        await Change(db, "c4", "a1");
        Assert.Equal(["c1"], (await Behind(db)).Select(c => c.Cluster));
        await db.Write(t => db.Stores.Sync.AcknowledgeAsync(t, "c1", fence, 1, changed.Chain, default));
        Assert.Empty(await Behind(db));
    }

    [Theory, Databases]
    public async Task DetachNode_DeadNode_FreesItsSessionsAlone(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1", "c2", "c3");
        await db.Attach("c1");
        await db.Attach("c2");
        await db.Attach("c3", "node-2");
        var freed = await db.Write(t => db.Stores.Sync.DetachNodeAsync(t, "node-1", Now, default));
        Assert.Equal(["c1", "c2"], freed.Select(d => d.Cluster));
        Assert.Empty(await db.Read(t => db.Stores.Sync.OfNodeAsync(t, "node-1", default)));
        Assert.Equal("c3", Assert.Single(await db.Read(t => db.Stores.Sync.OfNodeAsync(t, "node-2", default))).Cluster);
        Assert.Equal(Now, (await db.Read(t => db.Stores.Sync.GetAsync(t, "c1", default)))!.DetachedAt);
        Assert.Equal(3, (await db.Read(t => db.Stores.Sync.GetManyAsync(t, ["c1", "c2", "c3", "c4"], default))).Count);
    }

    [Theory, Databases]
    public async Task FenceOff_Quarantined_EndsTheSessionAndRefusesAnother(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        var fence = await db.Attach("c1");
        var changed = (await Change(db, "c1", "a1"))[0];
        Assert.True(await db.Write(t => db.Stores.Sync.FenceOffAsync(t, "c1", "Clone", Now, default)));
        Assert.False(await db.Write(t => db.Stores.Sync.AcknowledgeAsync(t, "c1", fence, 1, changed.Chain, default)));
        Assert.Null(await db.Write(t => db.Stores.Sync.AttachAsync(t, new("c1", "n", "s", "b", [], [], 0), Now, default)));
        Assert.True(await db.Write(t => db.Stores.Sync.FenceOffAsync(t, "c1", "", Now, default)));
        Assert.Equal(4, await db.Attach("c1"));
    }

    [Theory, Databases]
    public async Task RestartChain_AfterAFork_GoesOnAboveBoth(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        await Change(db, "c1", "a1");
        var link = await db.Write(t => db.Stores.Sync.RestartChainAsync(t, "c1", 41, [5], default));
        Assert.Equal(42, link.Generation);
        var kept = (await db.Read(t => db.Stores.Sync.LinkAsync(t, "c1", 42, default)))!;
        Assert.Equal(link.Chain, kept.Chain);
        Assert.Equal([5], kept.Lineage);
        Assert.Equal(43, Assert.Single(await Change(db, "c1", "a2")).Generation);
        Assert.Null(await db.Read(t => db.Stores.Sync.LinkAsync(t, "c1", 40, default)));
    }

    private static Task<IReadOnlyList<ClusterBehind>> Behind(TestDatabase db) => db.Read(t => db.Stores.Sync.ClustersBehindAsync(t, "node-1", 10, default));

    private static Task<IReadOnlyList<Storage.Targets.ChangedCluster>> Change(TestDatabase db, string cluster, string assignment) =>
        db.Write(t => db.Stores.Targets.ChangeAsync(t, [TargetStoreTests.Set(cluster, assignment)], TestDatabase.Lineage, Now, default));
}
