using System.Diagnostics;
using System.Globalization;
using Fleet.Hub.Storage.Reports;
using Fleet.Hub.Storage.Targets;
using Xunit.Abstractions;

namespace Fleet.Hub.Storage.Tests.Database;

/// <summary>The operations that a fleet's size weighs on, over as many rows as the fleet has. Prints what each took.</summary>
public sealed class ScaleTests(ITestOutputHelper output)
{
    private const int Assignments = 100;
    private static readonly DateTimeOffset Now = TestDatabase.Start;

    [Theory, Databases]
    public Task Operations_1000ClustersOf100Assignments_CountRight(DatabaseKind kind) => RunAsync(kind, 1_000);

    [Theory, Databases]
    [Trait("Category", "Long")]
    public Task Operations_10000ClustersOf100Assignments_CountRight(DatabaseKind kind) => RunAsync(kind, 10_000);

    private async Task RunAsync(DatabaseKind kind, int clusters)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        var stores = db.Stores;
        await Timed($"fill {clusters} clusters, {clusters * Assignments} targets and reports", () => FillAsync(db, clusters));

        var wave = Enumerable.Range(0, clusters).Select(i => TargetChange.Set(Cluster(i), "a100", "name", "r2", "spec", "closure", "audit")).ToArray();
        var changed = await Timed("change one target in every cluster, 500 clusters a transaction", async () =>
        {
            var all = new List<ChangedCluster>();
            foreach (var chunk in TargetChanges.Chunks(wave))
            {
                all.AddRange(await db.Write(t => stores.Targets.ChangeAsync(t, chunk, TestDatabase.Lineage, Now, default)));
            }

            return all;
        });
        Assert.Equal(clusters, changed.Count);
        Assert.All(changed, c => Assert.Equal(2, c.Generation));

        var half = clusters / 2;
        await Timed($"acknowledge {half} generations in one transaction", () => db.Write(async t =>
        {
            foreach (var cluster in changed.Take(half))
            {
                Assert.True(await stores.Sync.AcknowledgeAsync(t, cluster.Cluster, 1, 2, cluster.Chain, default));
            }

            return true;
        }));
        Assert.Equal(clusters - half, (await Timed("clusters behind, all", () => db.Read(t => stores.Sync.ClustersBehindAsync(t, "node-1", int.MaxValue, default)))).Count);
        Assert.Equal(10, (await Timed("clusters behind, first 10", () => db.Read(t => stores.Sync.ClustersBehindAsync(t, "node-1", 10, default)))).Count);

        var batch = Enumerable.Range(0, clusters).Select(i => new StoredReport(Cluster(i), "a100", "name", 1, 2, i % 10 == 0 ? "Failed" : "Ready", "r2", "spec", "r2", "spec", new byte[300], Now, null)).ToArray();
        var deltas = await Timed($"store a batch of {clusters} reports", () => db.Write(t => stores.Reports.UpsertAsync(t, batch, default)));
        Assert.Equal(clusters / 10, deltas.Count(d => d is { Before.Phase: "Ready", After.Phase: "Failed" }));
        Assert.Single(await Timed("store one report", () => db.Write(t => stores.Reports.UpsertAsync(t, [batch[0] with { Seq = 3 }], default))));

        var rollup = await Timed("rollup of one Assignment", () => db.Read(t => stores.Rollups.OfAssignmentsAsync(t, ["a100"], default)));
        Assert.Equal(clusters - (clusters / 10), rollup.Where(r => r is { Phase: "Ready", IsCurrent: 1 }).Sum(r => r.Count));
        var names = Enumerable.Range(100, Assignments).Select(a => "a" + a.ToString(CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(clusters * Assignments, (await Timed("rollups of all Assignments", () => db.Read(t => stores.Rollups.OfAssignmentsAsync(t, names, default)))).Sum(r => r.Count));
        Assert.Equal(100 * Assignments, (await Timed("rollups of 100 Clusters", () => db.Read(t => stores.Rollups.OfClustersAsync(t, Enumerable.Range(0, 100).Select(Cluster), default)))).Sum(r => r.Count));
        Assert.Equal(50, (await Timed("50 that are not ready", () => db.Read(t => stores.Rollups.NotReadyAsync(t, "a100", 50, default)))).Count);
        Assert.Equal(500, (await Timed("page of 500 ClusterAssignments", () => db.Read(t => stores.Rollups.ListAsync(t, Cluster(clusters / 2), "", 500, default)))).Count);
        Assert.Equal(Assignments, (await Timed("index of one cluster", () => db.Read(t => stores.Targets.OfClusterAsync(t, Cluster(7), 0, default)))).Count);
        Assert.Single(await Timed("delta of one cluster", () => db.Read(t => stores.Targets.OfClusterAsync(t, Cluster(7), 1, default))));
        Assert.Equal(clusters, (await Timed("all targets of one Assignment", () => db.Read(t => stores.Targets.OfAssignmentAsync(t, "a100", default)))).Count);
        Assert.Equal(clusters * Assignments, await Timed("count live targets", () => db.Read(t => stores.Targets.CountLiveAsync(t, default))));
        Assert.Equal(clusters, (await Timed("labels of all clusters", () => db.Read(t => stores.Clusters.AllLabelsAsync(t, default)))).Count);

        await Timed($"raise {clusters} keys of work", () => db.Write(async t =>
        {
            await stores.Work.RaiseAsync(t, "cluster", Enumerable.Range(0, clusters).Select(Cluster), Now, default);
            return true;
        }));
        Assert.Equal(100, (await Timed("claim 100 keys", () => db.Write(t => stores.Work.ClaimAsync(t, "cluster", "n", TimeSpan.FromSeconds(30), 100, Now, default)))).Count);
    }

    private static string Cluster(int i) => "c" + (10_000 + i).ToString(CultureInfo.InvariantCulture);

    /// <summary>By SQL of its own, since what enrolls clusters one by one is not what is measured.</summary>
    private static Task<bool> FillAsync(TestDatabase db, int clusters) => db.Write(async t =>
    {
        var parameters = new { now = Now, zero = Chain.Zero, none = Array.Empty<byte>(), lineage = TestDatabase.Lineage, body = new byte[300] };
        var series = $"WITH RECURSIVE n(i) AS (SELECT 10000 UNION ALL SELECT i + 1 FROM n WHERE i < 9999 + {clusters})";
        var pairs = $"{series}, a(j) AS (SELECT 100 UNION ALL SELECT j + 1 FROM a WHERE j < 99 + {Assignments})";
        string[] statements =
        [
            $"""
            INSERT INTO cluster (id, name, version, generation, labels, annotations, spec, kube_uid, state, state_since, agent_version, kubernetes_version, created, changed)
            {series} SELECT 'c' || i, 'cluster-' || i, 1, 1, '{"{}"}', '{"{}"}', @none, 'u' || i, 'Connected', @now, '1', 'v1.30', @now, @now FROM n
            """,
            $"""
            INSERT INTO cluster_sync (cluster, node, session_id, boot_id, fence, continuity, previous_continuity, previous_uses, desired_generation, chain, acked_generation, acked_chain, lineage, quarantine)
            {series} SELECT 'c' || i, 'node-1', 's', 'b', 1, @none, @none, 0, 1, @zero, 1, @zero, @lineage, '' FROM n
            """,
            $"INSERT INTO cluster_chain (cluster, generation, chain, lineage) {series} SELECT 'c' || i, 1, @zero, @lineage FROM n",
            $"""
            INSERT INTO target (cluster, assignment, assignment_name, revision, spec_digest, closure_digest, generation, released_holds, audit_id, changed)
            {pairs} SELECT 'c' || i, 'a' || j, 'name', 'r1', 'spec', 'closure', 1, '[]', 'audit', @now FROM n CROSS JOIN a
            """,
            $"""
            INSERT INTO report (cluster, assignment, assignment_name, fence, seq, phase, revision, spec_digest, applied_revision, applied_spec_digest, body, digest, received, ready_since)
            {pairs} SELECT 'c' || i, 'a' || j, 'name', 1, 1, 'Ready', 'r1', 'spec', 'r1', 'spec', @body, @zero, @now, @now FROM n CROSS JOIN a
            """,
        ];
        foreach (var statement in statements)
        {
            await t.ExecuteAsync(statement, parameters, default);
        }

        await t.ExecuteAsync("ANALYZE", null, default);
        return true;
    });

    private async Task<T> Timed<T>(string what, Func<Task<T>> operation)
    {
        var watch = Stopwatch.StartNew();
        var result = await operation();
        output.WriteLine($"{watch.Elapsed.TotalMilliseconds,10:0.00} ms  {what}");
        return result;
    }
}
