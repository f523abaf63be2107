using Fleet.Hub.Storage.Reports;
using Fleet.Hub.Storage.Tests.Database;
using Fleet.Hub.Storage.Tests.Targets;

namespace Fleet.Hub.Storage.Tests.Reports;

public sealed class ReportStoreTests
{
    private static readonly DateTimeOffset Now = TestDatabase.Start;

    [Theory, Databases]
    public async Task Upsert_NewerReports_GiveBeforeAndAfter(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        var fence = await db.Attach("c1");
        var first = Assert.Single(await Upsert(db, Report("c1", "a1", fence, 1, "Applying")));
        Assert.Null(first.Before);
        var second = Assert.Single(await Upsert(db, Report("c1", "a1", fence, 2)));
        Assert.Equal(("Applying", "Ready"), (second.Before!.Phase, second.After.Phase));
        var stored = (await db.Read(t => db.Stores.Reports.GetAsync(t, "c1", "a1", default)))!;
        Assert.Equal(("Ready", fence, 2L, Now), (stored.Phase, stored.Fence, stored.Seq, stored.ReadySince));
        var digest = Assert.Single(await db.Read(t => db.Stores.Reports.DigestsAsync(t, "c1", default)));
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(stored.Body), digest.Digest);
    }

    [Theory, Databases]
    public async Task Upsert_StaleSequenceOrSession_ChangesNothing(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1", "c2");
        var old = await db.Attach("c1");
        await Upsert(db, Report("c1", "a1", old, 7));
        Assert.Empty(await Upsert(db, Report("c1", "a1", old, 7, "Failed")));
        Assert.Empty(await Upsert(db, Report("c1", "a1", old, 6, "Failed")));
        var live = await db.Attach("c1");
        Assert.Empty(await Upsert(db, Report("c1", "a1", old, 8, "Failed")));
        Assert.Empty(await Upsert(db, Report("c1", "a1", live + 1, 8, "Failed")));
        Assert.Empty(await Upsert(db, Report("c2", "a1", 0, 8, "Failed"), Report("gone", "a1", 1, 1)));
        Assert.Single(await Upsert(db, Report("c1", "a1", live, 1, "Failed")));
        await db.Write(t => db.Stores.Sync.DetachAsync(t, "c1", live, Now, default));
        Assert.Empty(await Upsert(db, Report("c1", "a1", live, 2)));
        Assert.False(await db.Write(t => db.Stores.Reports.RemoveAsync(t, "c1", live, ["a1"], default)));
    }

    [Theory, Databases]
    public async Task Upsert_SameKeyTwiceInABatch_TheNewestCounts(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        var fence = await db.Attach("c1");
        Assert.Single(await Upsert(db, Report("c1", "a1", fence, 3), Report("c1", "a1", fence, 2, "Failed")));
        Assert.Equal("Ready", (await db.Read(t => db.Stores.Reports.GetAsync(t, "c1", "a1", default)))!.Phase);
    }

    [Theory, Databases]
    public async Task ReadySince_OtherValuesOrAnInterruption_StartAnew(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        var fence = await db.Attach("c1");
        async Task<DateTimeOffset?> Since(long seq, string phase, string spec) =>
            (await Upsert(db, Report("c1", "a1", fence, seq, phase) with { SpecDigest = spec, Received = Now.AddSeconds(seq) }))[0].After.ReadySince;
        Assert.Equal(Now.AddSeconds(1), await Since(1, "Ready", "s1"));
        Assert.Equal(Now.AddSeconds(1), await Since(2, "Ready", "s1"));
        Assert.Equal(Now.AddSeconds(3), await Since(3, "Ready", "s2"));
        Assert.Null(await Since(4, "Drifted", "s2"));
        Assert.Equal(Now.AddSeconds(5), await Since(5, "Ready", "s2"));
    }

    [Theory, Databases]
    public async Task Remove_NamedAndOthers_EndsReports(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        var fence = await db.Attach("c1");
        await Upsert(db, Report("c1", "a1", fence, 1), Report("c1", "a2", fence, 1), Report("c1", "a3", fence, 1));
        Assert.True(await db.Write(t => db.Stores.Reports.RemoveAsync(t, "c1", fence, ["a1"], default)));
        Assert.True(await db.Write(t => db.Stores.Reports.RemoveOthersAsync(t, "c1", fence, ["a3"], default)));
        Assert.Equal(["a3"], (await db.Read(t => db.Stores.Reports.OfClusterAsync(t, "c1", "", 10, default))).Select(r => r.Assignment));
        Assert.True(await db.Write(t => db.Stores.Reports.RemoveOthersAsync(t, "c1", fence, [], default)));
        Assert.Empty(await db.Read(t => db.Stores.Reports.OfAssignmentAsync(t, "a3", "", 10, default)));
    }

    [Theory, Databases]
    public async Task Rollups_CountByPhaseStateAndWhetherItIsCurrent(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        string[] clusters = ["c1", "c2", "c3", "c4", "c5"];
        await db.AddClusters(clusters);
        await db.Write(t => db.Stores.Targets.ChangeAsync(t, [.. clusters.Select(c => TargetStoreTests.Set(c, "a1")), TargetStoreTests.Set("c1", "a2")], TestDatabase.Lineage, Now, default));
        foreach (var cluster in clusters[..4])
        {
            var fence = await db.Attach(cluster);
            await db.Write(t => db.Stores.Clusters.TransitionAsync(t, cluster, "Connected", Now, Now, default));
            await Upsert(db, Report(cluster, "a1", fence, 1) with { SpecDigest = cluster == "c3" ? "other" : "spec" });
        }

        await db.Write(t => db.Stores.Targets.ChangeAsync(t, [TargetStoreTests.Remove("c4", "a1")], TestDatabase.Lineage, Now, default));
        var rows = await db.Read(t => db.Stores.Rollups.OfAssignmentsAsync(t, ["a1"], default));
        Assert.Equal(
            [
                new("a1", "Connected", "Ready", 0, 0, 1),
                new("a1", "Connected", "Ready", 1, 0, 2),
                new("a1", "Connected", "Ready", 1, 1, 1),
                new RollupRow("a1", "NeverConnected", "", 0, 0, 1),
            ],
            rows.OrderBy(r => r.ClusterState).ThenBy(r => r.IsCurrent).ThenBy(r => r.IsRemoval));
        Assert.Equal(2, (await db.Read(t => db.Stores.Rollups.OfClustersAsync(t, ["c1"], default))).Sum(r => r.Count));
        Assert.Equal(["c3", "c4", "c5"], (await db.Read(t => db.Stores.Rollups.NotReadyAsync(t, "a1", 10, default))).Select(r => r.Cluster));
    }

    [Theory, Databases]
    public async Task ClusterAssignments_WithAndWithoutReport_ArePaged(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1", "c2", "c3");
        await db.Write(t => db.Stores.Targets.ChangeAsync(
            t, [TargetStoreTests.Set("c1", "a1"), TargetStoreTests.Set("c1", "a2"), TargetStoreTests.Set("c2", "a1"), TargetStoreTests.Set("c3", "a1")], TestDatabase.Lineage, Now, default));
        var fence = await db.Attach("c2");
        await Upsert(db, Report("c2", "a1", fence, 1));
        var first = await db.Read(t => db.Stores.Rollups.ListAsync(t, "", "", 2, default));
        var rest = await db.Read(t => db.Stores.Rollups.ListAsync(t, first[^1].Cluster, first[^1].Assignment, 9, default));
        Assert.Equal([("c1", "a1"), ("c1", "a2"), ("c2", "a1"), ("c3", "a1")], first.Concat(rest).Select(r => (r.Cluster, r.Assignment)));
        Assert.Equal((null, null, null), (first[0].ReportPhase, first[0].ReportBody, first[0].ReportReceived));
        var reported = (await db.Read(t => db.Stores.Rollups.GetAsync(t, "c2", "a1", default)))!;
        Assert.Equal(("Ready", "name-c2", Now), (reported.ReportPhase, reported.ClusterName, reported.ReadySince));
        Assert.Equal(["a1", "a2"], (await db.Read(t => db.Stores.Rollups.ListOfClusterAsync(t, "c1", "", 9, default))).Select(r => r.Assignment));
        Assert.Equal(["c2", "c3"], (await db.Read(t => db.Stores.Rollups.ListOfAssignmentAsync(t, "a1", "c1", 9, default))).Select(r => r.Cluster));
    }

    [Theory, Databases]
    public async Task Upsert_WritersOfOneCluster_CountEachTransitionOnce(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        var fence = await db.Attach("c1");
        var changes = (await Task.WhenAll(Enumerable.Range(1, 32).Select(seq => Task.Run(() => Upsert(db, Report("c1", "a1", fence, seq, seq % 2 == 0 ? "Ready" : "Failed"))))))
            .SelectMany(c => c).ToArray();

        // Whatever order they came in, the deltas add up to exactly what is stored.
        var counts = changes.Select(c => (c.After.Phase, 1)).Concat(changes.Where(c => c.Before is not null).Select(c => (c.Before!.Phase, -1)))
            .GroupBy(c => c.Item1).ToDictionary(g => g.Key, g => g.Sum(c => c.Item2));
        Assert.Equal(1, counts["Ready"]);
        Assert.Equal(0, counts.GetValueOrDefault("Failed"));
        Assert.Equal(32, (await db.Read(t => db.Stores.Reports.GetAsync(t, "c1", "a1", default)))!.Seq);
    }

    internal static StoredReport Report(string cluster, string assignment, long fence, long seq, string phase = "Ready") =>
        new(cluster, assignment, "name-" + assignment, fence, seq, phase, "r1", "spec", "r1", "spec", [(byte)seq, 2], Now, null);

    private static Task<IReadOnlyList<ReportChange>> Upsert(TestDatabase db, params StoredReport[] reports) =>
        db.Write(t => db.Stores.Reports.UpsertAsync(t, reports, default));
}
