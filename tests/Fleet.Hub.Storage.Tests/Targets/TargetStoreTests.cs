using Fleet.Hub.Storage.Sessions;
using Fleet.Hub.Storage.Targets;
using Fleet.Hub.Storage.Tests.Database;
using Fleet.Testing.Seeds;
using Xunit.Abstractions;

namespace Fleet.Hub.Storage.Tests.Targets;

public sealed class TargetStoreTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Now = TestDatabase.Start;

    [Theory, Databases]
    public async Task Change_SeveralTargetsOfACluster_IsOneGenerationAndOneLink(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1", "c2");
        TargetChange[] changes = [Set("c2", "a1"), Set("c1", "a2"), Set("c1", "a1")];
        var changed = await Change(db, changes);
        Assert.Equal([("c1", 1L), ("c2", 1L)], changed.Select(c => (c.Cluster, c.Generation)));
        Assert.Equal(Chain.Next(Chain.Zero, TestDatabase.Lineage, [Set("c1", "a1"), Set("c1", "a2")]), changed[0].Chain);
        var sync = (await db.Read(t => db.Stores.Sync.GetAsync(t, "c1", default)))!;
        Assert.Equal((1L, changed[0].Chain, TestDatabase.Lineage), (sync.DesiredGeneration, sync.Chain, sync.Lineage), new Pairs());
        Assert.Equal(changed[0].Chain, (await db.Read(t => db.Stores.Sync.LinkAsync(t, "c1", 1, default)))!.Chain);
        Assert.Equal(["a1", "a2"], (await db.Read(t => db.Stores.Targets.OfClusterAsync(t, "c1", 0, default))).Select(t => t.Assignment));
        Assert.Equal(["c1", "c2"], (await db.Read(t => db.Stores.Targets.OfAssignmentAsync(t, "a1", default))).Select(t => t.Cluster));
    }

    [Theory, Databases]
    public async Task Change_SayingTheSame_ChangesNothing(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        await Change(db, Set("c1", "a1"));
        Assert.Empty(await Change(db, Set("c1", "a1", audit: "another event")));
        Assert.Empty(await Change(db, Remove("c1", "never was")));
        Assert.Empty(await Change(db, Set("gone", "a1")));
        Assert.Equal(2, Assert.Single(await Change(db, Set("c1", "a1", "r2"))).Generation);
        Assert.Equal(2, (await db.Read(t => db.Stores.Targets.OfClusterAsync(t, "c1", 1, default)))[0].Generation);
        Assert.Empty(await db.Read(t => db.Stores.Targets.OfClusterAsync(t, "c1", 2, default)));
        var held = TargetChange.Set("c1", "a1", "name-a1", "r2", "spec", "closure", "audit", ["hold-1"]);
        Assert.Single(await Change(db, held));
        Assert.Equal(["hold-1"], (await db.Read(t => db.Stores.Targets.GetAsync(t, "c1", "a1", default)))!.ReleasedHolds);
    }

    [Theory, Databases]
    public async Task Tombstone_IsKeptUntilAcknowledgedAndCarriedOut(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        var fence = await db.Attach("c1");
        await Change(db, Set("c1", "a1"), Set("c1", "a2"));
        await db.Write(t => db.Stores.Reports.UpsertAsync(t, [Reports.ReportStoreTests.Report("c1", "a1", fence, 1)], default));
        var removed = Assert.Single(await Change(db, Remove("c1", "a1")));
        Assert.Empty(await Change(db, Remove("c1", "a1")));
        var tombstone = (await db.Read(t => db.Stores.Targets.GetAsync(t, "c1", "a1", default)))!;
        Assert.Equal(("AssignmentDeleted", "Delete", "audit-2", "r1"), (tombstone.TombstoneCause, tombstone.TombstonePolicy, tombstone.AuditId, tombstone.Revision));
        Assert.Equal(new TargetCounts(0, 1), await db.Read(t => db.Stores.Targets.CountAsync(t, "a1", default)));
        Assert.Empty(await Drop(db));

        await db.Write(t => db.Stores.Sync.AcknowledgeAsync(t, "c1", fence, removed.Generation, removed.Chain, default));
        Assert.Empty(await Drop(db));
        await db.Write(t => db.Stores.Reports.RemoveAsync(t, "c1", fence, ["a1"], default));
        Assert.Equal("a1", Assert.Single(await Drop(db)).Assignment);
        Assert.Equal(["a2"], (await db.Read(t => db.Stores.Targets.OfClusterAsync(t, "c1", 0, default))).Select(t => t.Assignment));
        Assert.Equal(new TargetCounts(0, 0), await db.Read(t => db.Stores.Targets.CountAsync(t, "a1", default)));
    }

    [Theory, Databases]
    public async Task Tombstone_SetAgain_Lives(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        await Change(db, Set("c1", "a1"));
        await Change(db, Remove("c1", "a1"));
        await Change(db, Set("c1", "a1"));
        Assert.False((await db.Read(t => db.Stores.Targets.GetAsync(t, "c1", "a1", default)))!.IsTombstone);
        Assert.Empty(await Drop(db));
    }

    [Theory, Databases]
    public async Task Removals_AreCountedForTheGuards(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1", "c2");
        await Change(db, Set("c1", "a1"), Set("c1", "a2"), Set("c2", "a1"));
        await Change(db, Remove("c1", "a1"));
        Assert.Equal(2, await db.Read(t => db.Stores.Targets.CountLiveAsync(t, default)));
        Assert.Equal(1, await db.Read(t => db.Stores.Targets.CountLiveOfClusterAsync(t, "c1", default)));
        Assert.Equal([new RemovalCount("c1", 1)], await db.Read(t => db.Stores.Targets.RemovalsSinceAsync(t, Now, default)));
        Assert.Empty(await db.Read(t => db.Stores.Targets.RemovalsSinceAsync(t, Now.AddSeconds(1), default)));
        Assert.Equal(
            [new ClusterTargetCounts("c1", 1, 1), new ClusterTargetCounts("c2", 1, 0)],
            await db.Read(t => db.Stores.Targets.CountOfClustersAsync(t, ["c1", "c2"], Now, default)));
        Assert.Equal(1, await db.Write(t => db.Stores.Targets.TrimRemovalsAsync(t, Now.AddSeconds(1), default)));
        Assert.Equal(1, await db.Write(t => db.Stores.Targets.RemoveAsync(t, "a1", ["c2"], default)));
    }

    [Theory, Databases]
    public async Task Ring_KeepsTheLast256Links(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        await db.Write(async t =>
        {
            for (var i = 0; i < SyncStore.ChainLinks + 4; i++)
            {
                await db.Stores.Targets.ChangeAsync(t, [Set("c1", "a1", "r" + i)], TestDatabase.Lineage, Now, default);
            }
        });
        Assert.Null(await db.Read(t => db.Stores.Sync.LinkAsync(t, "c1", 4, default)));
        Assert.NotNull(await db.Read(t => db.Stores.Sync.LinkAsync(t, "c1", 5, default)));
        Assert.NotNull(await db.Read(t => db.Stores.Sync.LinkAsync(t, "c1", SyncStore.ChainLinks + 4, default)));
    }

    [Theory, Databases]
    public async Task Change_EightWritersInEveryOrder_NoDeadlockAndNoLostChange(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        var clusters = Enumerable.Range(0, 40).Select(i => $"c{i:00}").ToArray();
        await db.AddClusters(clusters);
        const int Rounds = 6;
        var seed = TestSeed.For(output.WriteLine);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            var random = seed.Random(writer);
            for (var round = 0; round < Rounds; round++)
            {
                var order = clusters.ToArray();
                random.Shuffle(order);
                await Change(db, [.. order.Select(cluster => Set(cluster, "a" + writer, "r" + round))]);
            }
        })));

        // Each writer changed each cluster Rounds times, each time as one link on the one before.
        foreach (var sync in await db.Read(t => db.Stores.Sync.GetManyAsync(t, clusters, default)))
        {
            Assert.Equal(8 * Rounds, sync.DesiredGeneration);
            Assert.Equal(sync.Chain, (await db.Read(t => db.Stores.Sync.LinkAsync(t, sync.Cluster, sync.DesiredGeneration, default)))!.Chain);
        }

        Assert.All(await db.Read(t => db.Stores.Targets.OfClusterAsync(t, "c00", 0, default)), target => Assert.Equal("r" + (Rounds - 1), target.Revision));
    }

    [Fact]
    public void Chunks_LargeWave_AreOrderedAndWhole()
    {
        var changes = Enumerable.Range(0, 1203).SelectMany(i => new[] { Set($"c{1202 - i:0000}", "a1"), Set($"c{1202 - i:0000}", "a2") });
        var chunks = TargetChanges.Chunks(changes).ToArray();
        Assert.Equal([1000, 1000, 406], chunks.Select(c => c.Count));
        var order = chunks.SelectMany(c => c).Select(c => c.Cluster).ToArray();
        Assert.Equal(order.Order(StringComparer.Ordinal), order);
    }

    [Fact]
    public void Chain_EachInput_Counts()
    {
        var all = new[]
        {
            Chain.Next(Chain.Zero, [1], [Set("c", "a")]),
            Chain.Next(Chain.Zero, [2], [Set("c", "a")]),
            Chain.Next([1], [], [Set("c", "a")]),
            Chain.Next(Chain.Zero, [1], [Set("c", "a", "r2")]),
            Chain.Next(Chain.Zero, [1], [Remove("c", "a")]),
            Chain.Next(Chain.Zero, [1], [Set("c", "a"), Set("c", "b")]),
            Chain.Restart(Chain.Zero, [1], 7),
            Chain.Restart(Chain.Zero, [1], 7),
        };
        Assert.Equal(all.Length, all.Select(Convert.ToHexString).Distinct().Count());
        Assert.Equal(Chain.Next(Chain.Zero, [1], [Set("c", "b"), Set("c", "a")]), all[5]);
    }

    [Theory, Databases]
    public async Task Specs_AreSharedByDigestAndSweptWhenUnused(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        var used = await db.Write(t => db.Stores.Specs.PutAsync(t, [1], Now, default));
        Assert.Equal(used, await db.Write(t => db.Stores.Specs.PutAsync(t, [1], Now, default)));
        var unused = await db.Write(t => db.Stores.Specs.PutAsync(t, [2], Now, default));
        await Change(db, TargetChange.Set("c1", "a1", "n", "r", used, "c", "audit"));
        Assert.True(await db.Read(t => db.Stores.Specs.IsTargetOfAsync(t, "c1", used, default)));
        Assert.False(await db.Read(t => db.Stores.Specs.IsTargetOfAsync(t, "c1", unused, default)));
        Assert.Equal(1, await db.Write(t => db.Stores.Specs.SweepAsync(t, Now.AddSeconds(1), default)));
        Assert.Equal([1], Assert.Single(await db.Read(t => db.Stores.Specs.GetAsync(t, [used, unused], default))).Content);
    }

    internal static TargetChange Set(string cluster, string assignment, string revision = "r1", string audit = "audit-1") =>
        TargetChange.Set(cluster, assignment, "name-" + assignment, revision, "spec", "closure", audit);

    internal static TargetChange Remove(string cluster, string assignment) =>
        TargetChange.Remove(cluster, assignment, "name-" + assignment, "AssignmentDeleted", "Delete", "audit-2");

    private static Task<IReadOnlyList<ChangedCluster>> Change(TestDatabase db, params TargetChange[] changes) =>
        db.Write(t => db.Stores.Targets.ChangeAsync(t, changes, TestDatabase.Lineage, Now, default));

    private static Task<IReadOnlyList<StoredTarget>> Drop(TestDatabase db) => db.Write(t => db.Stores.Targets.DropAcknowledgedAsync(t, "c1", default));

    private sealed class Pairs : IEqualityComparer<(long, byte[], byte[])>
    {
        public bool Equals((long, byte[], byte[]) x, (long, byte[], byte[]) y) => x.Item1 == y.Item1 && x.Item2.SequenceEqual(y.Item2) && x.Item3.SequenceEqual(y.Item3);

        public int GetHashCode((long, byte[], byte[]) obj) => (int)obj.Item1;
    }
}
