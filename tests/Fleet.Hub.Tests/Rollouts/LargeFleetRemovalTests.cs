using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Tests.Flow;
using Fleet.Hub.Work;
using Fleet.V1;

namespace Fleet.Hub.Tests.Rollouts;

/// <summary>One change that would take an Assignment from each of 10,000 clusters.</summary>
[Trait("Category", "Long")]
public class LargeFleetRemovalTests
{
    private const int Clusters = 10_000;

    [Fact]
    public async Task OneChange_TakesAnAssignmentFrom10000Clusters_IsHeld_AndDoneWhenReleased()
    {
        using var git = new TestGit();
        git.Commit(("apps/web/a.yaml", "a"));
        await using var hub = await FlowHub.StartAsync();
        await AddAsync(hub);
        await hub.ApplySourceAsync("shop", git.Url);
        await hub.ApplyGroupAsync("production", "env", "prod");
        var uid = await hub.ApplyAssignmentAsync("web", new AssignmentSpec { Source = "shop", Ref = "main", Path = "apps/web", Groups = { "production" } });
        await FlowHub.EventuallyAsync(() => CountAsync(hub, uid), counts => counts.Live == Clusters, "the targets", 300);

        await hub.ApplyGroupAsync("production", "env", "nowhere");

        var holds = await FlowHub.EventuallyAsync(
            () => hub.Database.ReadAsync((tx, cancel) => hub.Stores.Holds.ListOpenAsync(tx, "", uid, "", 10, cancel), default), open => open.Count > 0, "the hold", 300);
        var hold = Assert.Single(holds);
        Assert.Equal(("MassRemoval", (long)Clusters), (hold.Reason, hold.ItemCount));
        Assert.Equal(0, (await CountAsync(hub, uid)).Tombstones);

        await hub.ReleaseHoldAsync(hold.Name);
        await FlowHub.EventuallyAsync(() => CountAsync(hub, uid), counts => counts is { Live: 0, Tombstones: Clusters }, "the tombstones", 300);
    }

    private static Task<Storage.Targets.TargetCounts> CountAsync(FlowHub hub, string uid) =>
        hub.Database.ReadAsync((tx, cancel) => hub.Stores.Targets.CountAsync(tx, uid, cancel), default);

    private static async Task AddAsync(FlowHub hub)
    {
        var now = DateTimeOffset.UtcNow;
        foreach (var chunk in Enumerable.Range(0, Clusters).Chunk(1_000))
        {
            await hub.Database.WriteAsync(async (tx, cancel) =>
            {
                foreach (var i in chunk)
                {
                    var id = Guid.NewGuid().ToString();
                    await hub.Stores.Clusters.InsertAsync(
                        tx,
                        new StoredCluster(id, $"c-{i:00000}", 1, 1, new Dictionary<string, string> { ["env"] = "prod" }, new Dictionary<string, string>(), [], "", "NeverConnected", now, null, "", "", now, now, null, null),
                        ClusterIdentity.None(id),
                        cancel);
                }
            }, default);
        }

        await hub.Database.WriteAsync((tx, cancel) => hub.Stores.Work.RaiseAsync(tx, WorkKinds.Membership, WorkKinds.All, hub.Database.Clock.GetUtcNow(), cancel), default);
    }
}
