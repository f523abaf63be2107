using Fleet.KubeSim.Requests;
using Fleet.V1;

namespace Fleet.EndToEnd.Tests.Chaos;

/// <summary>A judge that cannot condemn proves nothing: each of these plants what it must find.</summary>
public sealed class JudgeTests
{
    private static readonly ObjectId Kept = new("ConfigMap", "default", "kept");

    [Theory]
    [InlineData("delete", "fleet-agent/1", false, true)]
    [InlineData("deletecollection", "fleet-agent/1", false, true)]
    [InlineData("delete", "fleet-agent/1", true, false)]
    [InlineData("delete", "kubectl", false, false)]
    [InlineData("patch", "fleet-agent/1", false, false)]
    public void Judge_DeletionThatNobodyOrdered_IsFound(string verb, string userAgent, bool dryRun, bool found) =>
        Assert.Equal(found, DeletionJudge.Unjustified("c0", [Request(verb, userAgent, dryRun)], new FleetModel(["c0"])).Count > 0);

    [Fact]
    public void Judge_OrderedDeletion_IsJustifiedFromThenOn()
    {
        var model = new FleetModel(["c0", "c1"]);
        var before = Request("delete", "fleet-agent/1", false);
        model.Order("c0", Kept);
        var after = Request("delete", "fleet-agent/1", false);
        Assert.Empty(DeletionJudge.Unjustified("c0", [after], model));
        Assert.Single(DeletionJudge.Unjustified("c0", [before], model));
        Assert.Single(DeletionJudge.Unjustified("c1", [after], model));
    }

    /// <summary>A hub with a bug: it sends a removal that no operator ordered. The agent obeys, as it must, and the judge tells.</summary>
    [Fact]
    public async Task Hub_SendsARemovalThatNobodyOrdered_TheJudgeFinds()
    {
        await using var world = await ChaosWorld.StartAsync(WorldKind.InProcess, clusters: 1);
        var model = new FleetModel(world.Clusters);
        model.Groups["c0"].Add("red");
        var assignment = new ModelAssignment("app", "red", "keep");
        assignment.Put("a.yaml", new ModelObject(Kept, 1));
        model.Assignments.Add(assignment);
        world.Git.Commit([new("app/a.yaml", assignment.Objects.Single().Manifest)]);
        await world.AskAsync((api, options) => api.LabelClusterAsync(new LabelClusterRequest { Name = "c0", Set = { ["red"] = "on" } }, options));
        await world.ApplyAsync(Yaml.Assignment("app", "app", "red"));
        var check = new FleetCheck(world, model);
        await world.UntilAsync("ready", async () => check.Clusters() ?? await check.HubAsync());
        Assert.Empty(DeletionJudge.Unjustified("c0", world["c0"].Requests.Snapshot(), model));

        world.Hub.Echo.Forge = said =>
        {
            if (said.DesiredDelta is { Upserts.Count: > 0 } delta)
            {
                delta.Tombstones.Add(delta.Upserts.Select(u => new Tombstone { AssignmentUid = u.AssignmentUid, AssignmentName = u.AssignmentName, Policy = RemovalPolicy.Delete, Cause = RemovalCause.AssignmentDeleted }));
                delta.Upserts.Clear();
            }
        };
        world.Git.Commit([new("app/a.yaml", new ModelObject(Kept, 2).Manifest)]);
        await world.AskAsync((api, options) => api.SyncAsync(new SyncRequest { Source = "app" }, options));
        await world.UntilAsync("the judge finds it", () => Task.FromResult(DeletionJudge.Unjustified("c0", world["c0"].Requests.Snapshot(), model).Count > 0 ? null : "nothing"));
        await world.UntilAsync("the cluster lacks it", () => Task.FromResult(check.Clusters() is null ? "all there" : null));
    }

    private static LoggedRequest Request(string verb, string userAgent, bool dryRun) => new()
    {
        Sequence = 1,
        Time = TimeProvider.System.GetUtcNow(),
        Method = "DELETE",
        Path = "/api/v1/namespaces/default/configmaps/kept",
        Query = "",
        UserAgent = userAgent,
        Verb = verb,
        Version = "v1",
        Kind = Kept.Kind,
        Resource = "configmaps",
        Namespace = Kept.Namespace,
        Name = Kept.Name,
        DryRun = dryRun,
        Status = 200,
    };
}
