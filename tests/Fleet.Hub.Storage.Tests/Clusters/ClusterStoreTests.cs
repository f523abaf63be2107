using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Tests.Database;

namespace Fleet.Hub.Storage.Tests.Clusters;

public sealed class ClusterStoreTests
{
    private static readonly DateTimeOffset Now = TestDatabase.Start;

    [Theory, Databases]
    public async Task Insert_NewCluster_HasIdentityAndEmptyDesiredState(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        var identity = new ClusterIdentity("c1", [9], [1], [8], [2], "aa", "", Now, 0, null, "r1", "t1", null);
        Assert.True(await db.Write(t => db.Stores.Clusters.InsertAsync(t, TestDatabase.Cluster("c1"), identity, default)));
        var read = (await db.Read(t => db.Stores.Clusters.GetAsync(t, "c1", default)))!;
        Assert.Equal(("name-c1", 1L, "NeverConnected", "test"), (read.Name, read.Version, read.State, read.Labels["env"]));
        Assert.Equal("c1", (await db.Read(t => db.Stores.Clusters.GetByNameAsync(t, "name-c1", default)))?.Id);
        Assert.Equal("c1", (await db.Read(t => db.Stores.Clusters.GetByKubeUidAsync(t, "kube-c1", default)))?.Id);
        var found = (await db.Read(t => db.Stores.Clusters.FindIdentityAsync(t, [2], default)))!;
        Assert.Equal([9, 8], found.Key!.Concat(found.NextKey!));
        Assert.Equal(("r1", Now), (found.PendingRequestId, found.CertificateExpiry));
        Assert.Equal("c1", (await db.Read(t => db.Stores.Clusters.FindIdentityAsync(t, [1], default)))?.Cluster);
        Assert.Null(await db.Read(t => db.Stores.Clusters.FindIdentityAsync(t, [3], default)));
        var sync = (await db.Read(t => db.Stores.Sync.GetAsync(t, "c1", default)))!;
        Assert.Equal((0L, 0L, 0L, (string?)null), (sync.Fence, sync.DesiredGeneration, sync.AckedGeneration, sync.Node));
        Assert.Equal(new byte[32], sync.Chain);
    }

    [Theory, Databases]
    public async Task Insert_NameOrKubeUidTaken_IsRefusedWhole(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        foreach (var other in new[] { TestDatabase.Cluster("c2", "name-c1"), TestDatabase.Cluster("c2") with { KubeUid = "kube-c1" }, TestDatabase.Cluster("c1", "new") })
        {
            Assert.False(await db.Write(t => db.Stores.Clusters.InsertAsync(t, other, ClusterIdentity.None(other.Id), default)));
        }

        Assert.Null(await db.Read(t => db.Stores.Clusters.GetIdentityAsync(t, "c2", default)));
        Assert.Single(await db.Read(t => db.Stores.Clusters.ListAsync(t, "", 10, default)));

        // Clusters that have not said their UID yet do not stand in each other's way.
        foreach (var id in new[] { "c3", "c4" })
        {
            Assert.True(await db.Write(t => db.Stores.Clusters.InsertAsync(t, TestDatabase.Cluster(id) with { KubeUid = "" }, ClusterIdentity.None(id), default)));
        }

        Assert.Null(await db.Read(t => db.Stores.Clusters.GetByKubeUidAsync(t, "", default)));
    }

    [Theory, Databases]
    public async Task Update_StaleVersion_ChangesNothing(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        var read = (await db.Read(t => db.Stores.Clusters.GetAsync(t, "c1", default)))!;
        var labels = new Dictionary<string, string> { ["env"] = "prod" };
        Assert.Equal(2, await db.Write(t => db.Stores.Clusters.UpdateAsync(t, read with { Labels = labels }, default)));
        Assert.Null(await db.Write(t => db.Stores.Clusters.UpdateAsync(t, read, default)));
        Assert.Equal("prod", Assert.Single(await db.Read(t => db.Stores.Clusters.AllLabelsAsync(t, default))).Labels["env"]);
        Assert.Single(await db.Read(t => db.Stores.Clusters.GetManyAsync(t, ["c1", "c9"], default)));
    }

    [Theory, Databases]
    public async Task Transition_OfAnOlderSession_IsRefused(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        var old = await db.Attach("c1");
        var live = await db.Attach("c1");
        Assert.True(await db.Write(t => db.Stores.Clusters.TransitionAsync(t, "c1", "Connected", Now, Now, live, default)));
        Assert.False(await db.Write(t => db.Stores.Clusters.TransitionAsync(t, "c1", "Offline", Now, null, old, default)));
        var read = (await db.Read(t => db.Stores.Clusters.GetAsync(t, "c1", default)))!;
        Assert.Equal(("Connected", Now), (read.State, read.LastSeen));
        Assert.True(await db.Write(t => db.Stores.Clusters.TransitionAsync(t, "c1", "Offline", Now, null, default)));
        Assert.False(await db.Write(t => db.Stores.Clusters.TransitionAsync(t, "c1", "Offline", Now, null, default)));
        Assert.Equal(Now, (await db.Read(t => db.Stores.Clusters.GetAsync(t, "c1", default)))!.LastSeen);
        await db.Write(t => db.Stores.Clusters.SeenAsync(t, "c1", "1.0", "v1.30", Now.AddMinutes(1), default));
        Assert.Equal("v1.30", (await db.Read(t => db.Stores.Clusters.GetAsync(t, "c1", default)))!.KubernetesVersion);
    }

    [Theory, Databases]
    public async Task Remove_Cluster_TakesAllOfItsRows(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        await db.Write(t => db.Stores.Targets.ChangeAsync(t, [Targets.TargetStoreTests.Set("c1", "a1")], TestDatabase.Lineage, Now, default));
        Assert.True(await db.Write(t => db.Stores.Clusters.RemoveAsync(t, "c1", default)));
        Assert.False(await db.Write(t => db.Stores.Clusters.RemoveAsync(t, "c1", default)));
        Assert.Null(await db.Read(t => db.Stores.Sync.GetAsync(t, "c1", default)));
        Assert.Empty(await db.Read(t => db.Stores.Targets.OfClusterAsync(t, "c1", 0, default)));
    }
}
