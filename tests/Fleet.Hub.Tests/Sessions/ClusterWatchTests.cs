using Fleet.Hub.Sessions;
using Fleet.Hub.Storage.Sessions;
using Fleet.Hub.Tests.Flow;
using Fleet.Testing.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Hub.Tests.Sessions;

/// <summary>Connected → Suspect → Offline → Stale on a clock that the test moves.</summary>
public class ClusterWatchTests
{
    private static ClusterWatch Watch(FlowHub hub, SessionDirectory sessions, TimeProvider time) => new(
        hub.Database, hub.Stores.Sync, hub.Stores.Clusters, sessions,
        new ClusterTransitions(hub.Database, hub.Stores.Sync, hub.Stores.Clusters, hub.Stores.Targets, hub.Stores.Work, time, NullLogger<ClusterTransitions>.Instance),
        new SessionOptions(), time, NullLogger<ClusterWatch>.Instance);

    private static async Task<ulong> AttachAsync(FlowHub hub, string cluster)
    {
        var fence = await hub.Database.WriteAsync((tx, cancel) => hub.Stores.Sync.AttachAsync(
            tx, new SessionAttach(cluster, "test", "s", "", [], [], 0), DateTimeOffset.UtcNow, cancel), default);
        await hub.Database.WriteAsync((tx, cancel) => hub.Stores.Clusters.TransitionAsync(tx, cluster, "Connected", DateTimeOffset.UtcNow, null, cancel), default);
        return (ulong)fence!.Value;
    }

    [Fact]
    public async Task SilentSession_MovesByTheMonotonicClockAlone()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        var fence = await AttachAsync(hub, cluster);
        var clock = new ManualTime(DateTimeOffset.UnixEpoch);
        var sessions = new SessionDirectory();
        using var session = new LiveSession(cluster, "s", fence, clock);
        sessions.Add(session);
        var watch = Watch(hub, sessions, clock);

        // The wall clock may jump as it likes.
        clock.SkewWall(TimeSpan.FromDays(3));
        await watch.JudgeAsync(default);
        Assert.Equal("Connected", await hub.ClusterStateAsync(cluster));
        foreach (var (seconds, state) in new[] { (91, "Suspect"), (210, "Offline"), (86_400, "Stale") })
        {
            clock.Advance(TimeSpan.FromSeconds(seconds));
            await watch.JudgeAsync(default);
            Assert.Equal(state, await hub.ClusterStateAsync(cluster));
        }

        session.Heard();
        await watch.JudgeAsync(default);
        Assert.Equal("Connected", await hub.ClusterStateAsync(cluster));
    }

    [Fact]
    public async Task ClusterThatNobodyHolds_IsWatchedByANodeThatHasJustStarted()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        var fence = await AttachAsync(hub, cluster);
        await hub.Database.WriteAsync((tx, cancel) => hub.Stores.Sync.DetachAsync(tx, cluster, (long)fence, DateTimeOffset.UtcNow, cancel), default);
        var clock = new ManualTime(DateTimeOffset.UnixEpoch);
        var watch = Watch(hub, new SessionDirectory(), clock);

        await watch.FindDetachedAsync(default);
        clock.Advance(TimeSpan.FromSeconds(299));
        await watch.JudgeAsync(default);
        Assert.Equal("Suspect", await hub.ClusterStateAsync(cluster));
        clock.Advance(TimeSpan.FromSeconds(1));
        await watch.JudgeAsync(default);
        Assert.Equal("Offline", await hub.ClusterStateAsync(cluster));
    }

    [Fact]
    public async Task ClusterThatCameBack_IsNotMovedByAnOlderClock()
    {
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris");
        var fence = await AttachAsync(hub, cluster);
        await hub.Database.WriteAsync((tx, cancel) => hub.Stores.Sync.DetachAsync(tx, cluster, (long)fence, DateTimeOffset.UtcNow, cancel), default);
        var clock = new ManualTime(DateTimeOffset.UnixEpoch);
        var watch = Watch(hub, new SessionDirectory(), clock);
        await watch.FindDetachedAsync(default);
        await AttachAsync(hub, cluster);
        clock.Advance(TimeSpan.FromHours(1));
        await watch.JudgeAsync(default);
        Assert.Equal("Connected", await hub.ClusterStateAsync(cluster));
    }
}
