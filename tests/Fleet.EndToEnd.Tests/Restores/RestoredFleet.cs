using Fleet.EndToEnd.Tests.Chaos;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.EndToEnd.Tests.Restores;

/// <summary>
/// A fleet that went on after its hub was backed up: an Assignment took a newer commit, one was declared, one was deleted,
/// and a cluster was revoked. Then the hub loses all that.
/// </summary>
internal sealed class RestoredFleet : IAsyncDisposable
{
    private static readonly ObjectId Old = new("ConfigMap", "default", "r-old");
    private static readonly ObjectId Added = new("ConfigMap", "default", "r-added");
    private static readonly ObjectId Later = new("ConfigMap", "default", "r-later");
    private static readonly ObjectId Deleted = new("ConfigMap", "default", "r-deleted");
    private readonly bool _isPostgres;

    private RestoredFleet(ChaosWorld world, bool isPostgres) => (World, _isPostgres) = (world, isPostgres);

    public ChaosWorld World { get; }

    private string Backup => World.Hub.Data + "-backup";

    private static IEnumerable<string> Staying => ["c0", "c1"];

    public static async Task<RestoredFleet> StartAsync(bool isPostgres)
    {
        var fleet = new RestoredFleet(await ChaosWorld.StartAsync(isPostgres ? WorldKind.Postgres : WorldKind.InProcess, clusters: 3), isPostgres);
        try
        {
            fleet.World.Git.Commit(Files(1, added: false));
            foreach (var cluster in fleet.World.Clusters)
            {
                await fleet.World.AskAsync((api, options) => api.LabelClusterAsync(new LabelClusterRequest { Name = cluster, Set = { ["red"] = "on" } }, options));
            }

            await fleet.World.ApplyAsync(Yaml.Assignment("app", "app", "red") + Yaml.Assignment("gone", "app", "red", "gone"));
            await fleet.ReadyAsync("app", 3);
            await fleet.ReadyAsync("gone", 3);
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes the backup.</summary>
    public async Task BackUpAsync()
    {
        await World.Hub.CrashAsync();
        if (_isPostgres)
        {
            await World.Database!.KeepCopyAsync();
        }
        else
        {
            Copy(World.Hub.Data, Backup);
        }

        await World.Hub.StartAsync();
        await ConnectedAsync(World.Clusters);
    }

    /// <summary>What happens after the backup, and is lost with it.</summary>
    public async Task GoOnAsync()
    {
        World.Git.Commit(Files(2, added: true));
        await SyncAsync();
        await World.ApplyAsync(Yaml.Assignment("later", "app", "red", "later"));
        await World.AskAsync((api, options) => api.DeleteAsync(new DeleteRequest { Kind = "Assignment", Name = "gone", Confirm = "gone" }, options));
        await World.UntilAsync("gone is gone", async () => (await World.ListAsync("Assignment")).Any(a => a.Assignment.Metadata.Name == "gone") ? "still there" : null);
        await ReadyAsync("later", 3);
        await World.UntilAsync("the newer commit", () => Task.FromResult(Staying.All(c => ValueOf(c, Old) == "2" && ValueOf(c, Added) == "2") ? null : "older"));
        await ReadyAsync("app", 3);
        await World.AskAsync((api, options) => api.RevokeClusterAsync(new RevokeClusterRequest { Name = "c2" }, options));
        await World.UntilAsync("c2 is out", async () => await StateAsync("c2") is "Revoked" ? null : "not yet");
        foreach (var cluster in World.Clusters)
        {
            World[cluster].Requests.Clear();
        }
    }

    /// <summary>The hub ends, its database is that of the backup, and it starts.</summary>
    public async Task RestoreAsync(bool isFailover = false)
    {
        await World.Hub.CrashAsync();
        if (isFailover)
        {
            await World.Database!.FailOverToCopyAsync();
        }
        else if (_isPostgres)
        {
            await World.Database!.RestoreCopyAsync();
        }
        else
        {
            Copy(Backup, World.Hub.Data);
        }

        await World.Hub.StartAsync();
    }

    /// <summary>One incident for the fleet, and nothing is done at any cluster, whatever Git says meanwhile.</summary>
    public async Task StandsStillAsync()
    {
        await IncidentAsync();
        World.Git.Commit(Files(3, added: true));
        await SyncAsync();
        await World.UntilAsync("the hub has the newest commit", async () =>
            (await World.ListAsync("ClusterAssignment")).Where(a => a.ClusterAssignment.Spec.Assignment == "app" && Staying.Contains(a.ClusterAssignment.Spec.Cluster)).All(a => a.ClusterAssignment.Spec.Revision == World.Git.Head) ? null : "older");

        // A word of every agent after that: it was told, if it is told anything.
        await World.UntilAsync("the agents are heard", async () => await Task.FromResult(Staying.All(c => World.Log.Any(l => l.StartsWith($"[{c}/", StringComparison.Ordinal))) ? null : "silent"));
        foreach (var cluster in Staying)
        {
            await World.AskAsync((api, options) => api.SyncAsync(new SyncRequest { Cluster = cluster }, options));
            Assert.Equal("2", ValueOf(cluster, Old));
            Assert.Equal("2", ValueOf(cluster, Added));
            Assert.Equal("2", ValueOf(cluster, Later));
            Assert.Null(ValueOf(cluster, Deleted));
        }

        NothingWritten();
        Assert.True(IsOne(await World.ListAsync("Incident")));
    }

    /// <summary>The operator releases the incident once: the fleet follows the hub again, and loses nothing by it.</summary>
    public async Task ReleaseAsync()
    {
        foreach (var incident in await World.ListAsync("Incident"))
        {
            await World.AskAsync((api, options) => api.ReleaseIncidentAsync(new ReleaseIncidentRequest { Name = incident.Incident.Metadata.Name }, options));
        }

        await World.UntilAsync("the newest commit", () => Task.FromResult(Staying.All(c => ValueOf(c, Old) == "3" && ValueOf(c, Added) == "3") ? null : "older"));
        await World.UntilAsync("what the backup still had", () => Task.FromResult(Staying.All(c => ValueOf(c, Deleted) == "3") ? null : "missing"));
        Assert.All(Staying, c => Assert.Equal("2", ValueOf(c, Later)));

        // What the hub forgot stays as it is.
        foreach (var assignment in (string[])["app", "gone"])
        {
            await ReadyAsync(assignment, 2);
        }

        await World.UntilAsync("no open incident", async () => (await World.ListAsync("Incident")).All(i => i.Incident.ReleasedTime is not null) ? null : "open");
        NoDeletion();
        await StaysRevokedAsync();
    }

    public async Task StaysRevokedAsync()
    {
        Assert.Equal("Revoked", await StateAsync("c2"));
        Assert.DoesNotContain(World[("c2")].Requests.Snapshot(), r => r.IsWrite && r.Namespace != "fleet-system" && r.UserAgent.StartsWith("fleet-agent", StringComparison.Ordinal));
    }

    public Task ConnectedAsync(IEnumerable<string> clusters) => World.UntilAsync("connected", async () =>
    {
        var states = (await World.ListAsync("Cluster")).ToDictionary(c => c.Cluster.Metadata.Name, c => c.Cluster.Status?.State);
        return clusters.All(c => states.GetValueOrDefault(c) == "Connected") ? null : string.Join(", ", states);
    });

    public Task IncidentAsync() => World.UntilAsync("one incident of the whole fleet", async () =>
    {
        var incidents = await World.ListAsync("Incident");
        return IsOne(incidents) && incidents.Any(i => Staying.All(i.Incident.Clusters.Contains)) ? null : string.Join("; ", incidents);
    });

    /// <summary>One for the fleet, never one a cluster. What the database's own lineage says stands beside it.</summary>
    private static bool IsOne(IReadOnlyList<Resource> incidents) =>
        incidents.All(i => i.Incident is { Reason: "Fork", ReleasedTime: null }) && incidents.Count(i => i.Incident.Clusters.Count > 0) == 1;

    public Task ReadyAsync(string assignment, int clusters) => World.UntilAsync($"{assignment} ready", async () =>
    {
        try
        {
            var status = (await World.AskAsync((api, options) => api.GetAsync(new GetRequest { Kind = "Assignment", Name = assignment }, options))).Assignment.Status;
            return status?.Counts is { } counts && counts.Ready == clusters && (counts.Clusters == clusters || clusters == 2) ? null : $"{status}";
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return e.Message;
        }
    });

    public string? ValueOf(string cluster, ObjectId id) => (string?)World[cluster].Store.Get(id.ApiVersion, id.Kind, id.Namespace, id.Name)?["data"]?["value"];

    public void NoDeletion()
    {
        var nothing = new FleetModel(World.Clusters);
        Assert.Empty(World.Clusters.SelectMany(c => DeletionJudge.Unjustified(c, World[c].Requests.Snapshot(), nothing)));
    }

    public void NothingWritten() => Assert.All(World.Clusters, c => Assert.DoesNotContain(
        World[c].Requests.Snapshot(), r => r.IsWrite && r.Namespace != "fleet-system" && r.Resource is not ("leases" or "namespaces") && r.UserAgent.StartsWith("fleet-agent", StringComparison.Ordinal)));

    public Task SyncAsync() => World.AskAsync((api, options) => api.SyncAsync(new SyncRequest { Source = "app" }, options));

    public async Task<string?> StateAsync(string cluster) => (await World.ListAsync("Cluster")).FirstOrDefault(c => c.Cluster.Metadata.Name == cluster)?.Cluster.Status?.State;

    public ValueTask DisposeAsync() => World.DisposeAsync();

    private static IEnumerable<KeyValuePair<string, string>> Files(int value, bool added)
    {
        yield return new("app/a.yaml", new ModelObject(Old, value).Manifest);
        yield return new("gone/a.yaml", new ModelObject(Deleted, value).Manifest);
        yield return new("later/a.yaml", new ModelObject(Later, value).Manifest);
        if (added)
        {
            yield return new("app/b.yaml", new ModelObject(Added, value).Manifest);
        }
    }

    private static void Copy(string from, string to)
    {
        // The database alone: the journal of revocations lies beside it and is no part of its backup.
        Directory.CreateDirectory(to);
        foreach (var old in Directory.EnumerateFiles(to, "fleet.db*"))
        {
            File.Delete(old);
        }

        foreach (var file in Directory.EnumerateFiles(from, "fleet.db*"))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}
