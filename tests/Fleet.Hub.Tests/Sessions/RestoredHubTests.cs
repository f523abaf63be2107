using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Holds;
using Fleet.Hub.Storage.Sqlite;
using Fleet.Hub.Storage.Targets;
using Fleet.Hub.Tests.Flow;
using Fleet.V1;
using Microsoft.Data.Sqlite;

namespace Fleet.Hub.Tests.Sessions;

/// <summary>Hubs that are not what they were: nothing is removed or rolled back, one incident is shown, and one release makes all of it converge.</summary>
public sealed class RestoredHubTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-restored-").FullName;
    private readonly List<string> _clusters = [];

    private string Live => Path.Combine(_folder, "fleet.db");

    private string Backup => Path.Combine(_folder, "backup.db");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<(FlowHub Hub, FleetDatabase Database)> OpenAsync(string path)
    {
        var database = await SqliteDatabase.OpenAsync(path, TimeProvider.System, default);
        return (await FlowHub.StartAsync(database: database), database);
    }

    private static async Task CloseAsync((FlowHub Hub, FleetDatabase Database) hub)
    {
        await hub.Hub.DisposeAsync();
        await hub.Database.DisposeAsync();
        SqliteConnection.ClearAllPools();
    }

    private static void Copy(string from, string to)
    {
        foreach (var part in (string[])["", "-wal", "-shm"])
        {
            File.Delete(to + part);
            if (File.Exists(from + part))
            {
                File.Copy(from + part, to + part);
            }
        }
    }

    private static Task RemoveAsync(FlowHub hub, string cluster, string assignment) => hub.Database.WriteAsync(async (tx, cancel) =>
    {
        var state = await hub.Stores.Hub.GetAsync(tx, cancel);
        var change = TargetChange.Remove(cluster, assignment, assignment, nameof(RemovalCause.AssignmentDeleted), nameof(RemovalPolicy.Delete), "audit");
        await hub.Stores.Targets.ChangeAsync(tx, [change], state!.Lineage.ToBytes(), DateTimeOffset.UtcNow, cancel);
    }, default);

    private sealed record Kept(byte[] Continuity, byte[] Lineage, ulong Generation, byte[] Chain, string BootId, Dictionary<string, Target> Targets);

    private static async Task<FakeAgent> ConnectAsync(FlowHub hub, string cluster, Kept? kept = null)
    {
        var agent = new FakeAgent(hub, cluster);
        if (kept is not null)
        {
            (agent.Continuity, agent.Lineage, agent.Generation, agent.Chain, agent.BootId) = (kept.Continuity, kept.Lineage, kept.Generation, kept.Chain, kept.BootId);
            foreach (var (uid, target) in kept.Targets)
            {
                agent.Targets[uid] = target;
            }
        }

        agent.Answers = command =>
        {
            if (command.ReleaseFork is { } released)
            {
                (agent.Lineage, agent.Generation, agent.Chain) = (released.Lineage.ToByteArray(), released.Generation, released.Chain.ToByteArray());
            }

            return new CommandResult { Ok = true };
        };
        await agent.ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.Welcome);
        return agent;
    }

    // An agent keeps its lineage until it accepts desired state; a Welcome alone changes nothing.
    private static Kept Keep(FakeAgent agent, byte[] lineage) =>
        new(agent.Continuity, lineage, agent.Generation, agent.Chain, agent.BootId, agent.Targets.ToDictionary(pair => pair.Key, pair => pair.Value));

    /// <summary>Two clusters with one Assignment each, a backup of that, and then one more and one less.</summary>
    private async Task<(Kept Paris, Kept Rome)> LiveThroughAsync()
    {
        var before = await OpenAsync(Live);
        _clusters.AddRange([await before.Hub.AddClusterAsync("paris"), await before.Hub.AddClusterAsync("rome")]);
        foreach (var cluster in _clusters)
        {
            await SessionSteps.GiveAsync(before.Hub, cluster, "a1");
            await SessionSteps.GiveAsync(before.Hub, cluster, "old");
        }

        await CloseAsync(before);
        Copy(Live, Backup);
        var after = await OpenAsync(Live);
        var kept = new List<Kept>();
        foreach (var cluster in _clusters)
        {
            await using var agent = await ConnectAsync(after.Hub, cluster);
            await SessionSteps.GiveAsync(after.Hub, cluster, "a2");
            await RemoveAsync(after.Hub, cluster, "old");
            await FlowHub.EventuallyAsync(
                () => SessionSteps.SyncAsync(after.Hub, cluster), sync => sync!.AckedGeneration == sync.DesiredGeneration && !agent.Removed.IsEmpty, "the acknowledgement");
            kept.Add(Keep(agent, agent.Lineage));
        }

        await CloseAsync(after);
        return (kept[0], kept[1]);
    }

    private static async Task<StoredIncident[]> OpenIncidentsAsync(FlowHub hub) =>
        [.. (await hub.Database.ReadAsync((tx, cancel) => hub.Stores.Incidents.ListAsync(tx, true, "", 10, cancel), default))];

    /// <summary>Both agents come: neither gets anything, one incident names both; after its one release both converge.</summary>
    private async Task ExpectOneIncidentAndOneReleaseAsync(FlowHub hub, Kept paris, Kept rome, params string[] afterwards)
    {
        await using var one = await ConnectAsync(hub, _clusters[0], paris);
        await using var two = await ConnectAsync(hub, _clusters[1], rome);
        foreach (var agent in (FakeAgent[])[one, two])
        {
            await agent.NextAsync(HubMessage.MessageOneofCase.Heartbeat);
            Assert.Empty(agent.Removed);
            Assert.Equal(["a1", "a2"], agent.Targets.Keys.Order());
        }

        var incident = Assert.Single(await OpenIncidentsAsync(hub));
        Assert.Equal(["paris", "rome"], incident.Clusters);

        await hub.ReleaseIncidentAsync(incident.Name);
        foreach (var (agent, kept, cluster) in ((FakeAgent, Kept, string)[])[(one, paris, _clusters[0]), (two, rome, _clusters[1])])
        {
            await agent.WaitEndAsync();
            (agent.Lineage, agent.Generation, agent.Chain) = (kept.Lineage, kept.Generation, kept.Chain);
            agent.Targets.Clear();
            agent.Drain();
            await agent.ConnectAsync();
            await agent.NextAsync(HubMessage.MessageOneofCase.DesiredIndex);
            var sync = await FlowHub.EventuallyAsync(() => SessionSteps.SyncAsync(hub, cluster), row => row!.AckedGeneration == row.DesiredGeneration, "the acknowledgement");
            Assert.True((ulong)sync!.DesiredGeneration > kept.Generation);
            Assert.Equal(afterwards, agent.Targets.Keys.Order());
            Assert.Empty(agent.Removed);
        }

        Assert.Empty(await OpenIncidentsAsync(hub));
    }

    [Fact]
    public async Task RestoredFromAnOlderBackup_SameEpoch_NothingRemoved_OneIncident_OneRelease()
    {
        var (paris, rome) = await LiveThroughAsync();
        Copy(Backup, Live);
        var restored = await OpenAsync(Live);
        await ExpectOneIncidentAndOneReleaseAsync(restored.Hub, paris, rome, "a1", "old");
        await CloseAsync(restored);
    }

    [Fact]
    public async Task RewoundAndWrittenAgain_SameGenerationOtherChain_NothingRemoved_OneIncident_OneRelease()
    {
        var (paris, rome) = await LiveThroughAsync();
        Copy(Backup, Live);
        var rewound = await OpenAsync(Live);
        foreach (var cluster in _clusters)
        {
            // As many changes as the agents have seen since, but other ones; and even a removal of what they run.
            await SessionSteps.GiveAsync(rewound.Hub, cluster, "b1");
            await RemoveAsync(rewound.Hub, cluster, "a1");
            Assert.Equal((long)paris.Generation, (await SessionSteps.SyncAsync(rewound.Hub, cluster))!.DesiredGeneration);
        }

        await using (var one = await ConnectAsync(rewound.Hub, _clusters[0], paris))
        {
            await one.NextAsync(HubMessage.MessageOneofCase.Heartbeat);
            Assert.Empty(one.Removed);
            Assert.Equal(["a1", "a2"], one.Targets.Keys.Order());
        }

        Assert.Equal(["paris"], Assert.Single(await OpenIncidentsAsync(rewound.Hub)).Clusters);
        await CloseAsync(rewound);
    }

    [Fact]
    public async Task EmptyDatabase_ClusterEnrolledAnew_NothingRemoved_OneIncident()
    {
        var (paris, _) = await LiveThroughAsync();
        var empty = await OpenAsync(Path.Combine(_folder, "empty.db"));
        var cluster = await empty.Hub.AddClusterAsync("paris");
        await using (var agent = await ConnectAsync(empty.Hub, cluster, paris with { Lineage = [9, 9] }))
        {
            await agent.NextAsync(HubMessage.MessageOneofCase.Heartbeat);
            Assert.Empty(agent.Removed);
            Assert.Equal(["a1", "a2"], agent.Targets.Keys.Order());
        }

        Assert.Single(await OpenIncidentsAsync(empty.Hub));
        await CloseAsync(empty);
    }

    [Fact]
    public async Task CopiedToASecondHub_AgentGoesBetweenThem_IsAForkAtTheSecondSight()
    {
        var (paris, _) = await LiveThroughAsync();
        var copy = Path.Combine(_folder, "copy.db");
        Copy(Live, copy);
        var original = await OpenAsync(Live);
        var second = await OpenAsync(copy);
        Kept moved;
        await using (var agent = await ConnectAsync(second.Hub, _clusters[0], paris))
        {
            // The copy knows the whole history: the agent goes on with it.
            await SessionSteps.GiveAsync(second.Hub, _clusters[0], "c1");
            await FlowHub.EventuallyAsync(() => Task.FromResult(agent.Targets.Count), count => count == 3, "the copy's target");
            await FlowHub.EventuallyAsync(() => SessionSteps.SyncAsync(second.Hub, _clusters[0]), sync => sync!.AckedGeneration == sync.DesiredGeneration, "the acknowledgement");
            moved = Keep(agent, agent.Lineage);
        }

        await SessionSteps.GiveAsync(original.Hub, _clusters[0], "o1");
        await RemoveAsync(original.Hub, _clusters[0], "a1");
        await using (var back = await ConnectAsync(original.Hub, _clusters[0], moved))
        {
            await back.NextAsync(HubMessage.MessageOneofCase.Heartbeat);
            Assert.Empty(back.Removed);
            Assert.Equal(["a1", "a2", "c1"], back.Targets.Keys.Order());
        }

        Assert.Contains(await OpenIncidentsAsync(original.Hub), incident => incident.Reason is "Fork" or "RestoredSecret");
        await CloseAsync(second);
        await CloseAsync(original);
    }

    [Fact]
    public async Task ReleasedFork_ChainGoesOnAboveBoth()
    {
        var (paris, _) = await LiveThroughAsync();
        Copy(Backup, Live);
        var restored = await OpenAsync(Live);
        var far = paris with { Generation = 500 };
        await using var agent = await ConnectAsync(restored.Hub, _clusters[0], far);
        await agent.NextAsync(HubMessage.MessageOneofCase.Heartbeat);
        await restored.Hub.ReleaseIncidentAsync("fork");
        await agent.WaitEndAsync();
        (agent.Lineage, agent.Generation, agent.Chain) = (far.Lineage, far.Generation, far.Chain);
        await agent.ConnectAsync();
        await agent.NextAsync(HubMessage.MessageOneofCase.DesiredIndex);
        Assert.Equal(501ul, agent.Generation);
        await SessionSteps.GiveAsync(restored.Hub, _clusters[0], "next");
        await FlowHub.EventuallyAsync(() => Task.FromResult(agent.Generation), generation => generation == 502, "the next generation");
        await agent.DisposeAsync();
        await CloseAsync(restored);
    }
}
