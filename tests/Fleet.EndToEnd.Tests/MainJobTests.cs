using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Kube;
using Fleet.Testing.Postgres;

namespace Fleet.EndToEnd.Tests;

public sealed class MainJobTests
{
    internal static readonly GroupVersionKind ConfigMap = new("", "v1", "ConfigMap");
    internal static readonly GroupVersionKind Deployment = new("apps", "v1", "Deployment");

    [Fact]
    public async Task Push_Drift_Revert_Delete_GoAllTheWay()
    {
        await using var fleet = await TestFleet.StartAsync();
        var git = fleet.Repository("app");
        var first = git.Write("app/config.yaml", Yaml.ConfigMap("settings", "one")).Write("app/web.yaml", Yaml.Deployment("web", 2)).Push();
        await fleet.AddClusterAsync("one", ("group", "a"));
        await fleet.ApplyAsync(Yaml.Group("a", "a") + Yaml.Source("app", git.Url) + Yaml.Assignment("web", "app", "a"));
        await fleet.ReadyAsync("web", first);

        // A push arrives, and only what changed is written.
        var before = fleet.Clusters["one"].Requests.Count;
        var second = git.Write("app/config.yaml", Yaml.ConfigMap("settings", "two")).Push();
        await fleet.ReadyAsync("web", second);
        Assert.Equal("two", (await fleet.LiveAsync("one", ConfigMap, "default", "settings"))!.Json["data"]!["value"]!.GetValue<string>());
        Assert.DoesNotContain(fleet.Clusters["one"].Requests.Where(r => r.Sequence >= before && r.IsWrite), r => r.Resource == "deployments" && r.UserAgent.StartsWith("fleet-agent", StringComparison.Ordinal));

        // Drift is healed, and named.
        var deployments = (await fleet.Kube("one").ResolveAsync(Deployment, default)).Value!;
        await fleet.Kube("one").MergePatchAsync(deployments, "default", "web", new JsonObject { ["spec"] = new JsonObject { ["replicas"] = 9 } }, new WriteOptions("somebody"), default);
        await fleet.EventuallyAsync("healed", async () => (await fleet.LiveAsync("one", Deployment, "default", "web"))!.Spec!["replicas"]!.GetValue<int>() is var n and not 2 ? $"{n}" : null);
        await fleet.EventuallyAsync("named", async () =>
        {
            var drift = (await fleet.ReportAsync("web", "one"))?.Status.Drifts.FirstOrDefault(d => d.Healed);
            return drift is { Field: ".spec.replicas", Expected: "2", Actual: "9", Manager: "somebody" } ? null : drift?.ToString() ?? "no healed drift";
        });

        // A file that goes is pruned; the confirmed deletion removes the rest.
        var third = git.Remove("app/config.yaml").Push();
        await fleet.ReadyAsync("web", third);
        await fleet.EventuallyAsync("pruned", async () => await fleet.LiveAsync("one", ConfigMap, "default", "settings") is null ? null : "still there");
        await fleet.Api.Api.DeleteAsync(new V1.DeleteRequest { Kind = "Assignment", Name = "web", Confirm = "web" }, fleet.Api.Call(default));
        await fleet.EventuallyAsync("removed", async () => await fleet.LiveAsync("one", Deployment, "default", "web") is null ? null : "still there");
        await fleet.EventuallyAsync("forgotten", async () =>
            (await fleet.Api.Api.ListAsync(new V1.ListRequest { Kind = "Assignment" }, fleet.Api.Call(default))).Items.Count == 0 ? null : "the Assignment is still listed");
    }

    [Fact]
    public async Task Push_OtherPath_LeavesTheAssignmentStill()
    {
        await using var fleet = await TestFleet.StartAsync();
        var git = fleet.Repository("mono");
        var first = git.Write("app/a.yaml", Yaml.ConfigMap("a", "1")).Write("other/b.yaml", Yaml.ConfigMap("b", "1")).Push();
        await fleet.AddClusterAsync("one", ("group", "a"));
        await fleet.ApplyAsync(Yaml.Group("a", "a") + Yaml.Source("mono", git.Url) + Yaml.Assignment("app", "mono", "a") + Yaml.Assignment("other", "mono", "a", "other"));
        await fleet.ReadyAsync("app", first);

        var second = git.Write("other/b.yaml", Yaml.ConfigMap("b", "2")).Push();
        await fleet.EventuallyAsync("other at the new commit", async () => (await fleet.ReportAsync("other", "one"))?.Status.AppliedRevision == second ? null : "not yet");
        Assert.Equal(first, (await fleet.ReportAsync("app", "one"))!.Spec.Revision);
    }

    [Fact]
    public async Task Hub_Away_AgentGoesOnHealingAndComesBack()
    {
        await using var fleet = await TestFleet.StartAsync();
        var git = fleet.Repository("app");
        git.Write("app/web.yaml", Yaml.Deployment("web", 2)).Push();
        await fleet.AddClusterAsync("one", ("group", "a"));
        await fleet.ApplyAsync(Yaml.Group("a", "a") + Yaml.Source("app", git.Url) + Yaml.Assignment("web", "app", "a"));
        await fleet.ReadyAsync("web");
        await fleet.Hubs[0].StopAsync();

        var deployments = (await fleet.Kube("one").ResolveAsync(Deployment, default)).Value!;
        await fleet.Kube("one").DeleteAsync(deployments, "default", "web", new DeleteOptions(), default);
        await fleet.EventuallyAsync("made again without the hub", async () => await fleet.LiveAsync("one", Deployment, "default", "web") is null ? "gone" : null);
    }

    [Fact]
    public async Task TwoNodes_AssignmentAtOne_ReachesTheSessionOfTheOther()
    {
        var postgres = await PostgresServer.SharedAsync();
        var database = await postgres.CreateDatabaseAsync();
        await using var fleet = await TestFleet.StartAsync(database, hubs: 2);
        var git = fleet.Repository("app");
        var first = git.Write("app/a.yaml", Yaml.ConfigMap("a", "1")).Push();
        await fleet.StartClusterAsync("one");
        await fleet.StartAgentAsync("one", await fleet.TokenAsync("one", ("group", "a")), hub: 1);
        await fleet.ConnectedAsync("one");

        await fleet.ApplyAsync(Yaml.Group("a", "a") + Yaml.Source("app", git.Url) + Yaml.Assignment("web", "app", "a"), hub: 0);

        await fleet.ReadyAsync("web", first);
        var cluster = (await fleet.Api.Api.GetAsync(new V1.GetRequest { Kind = "Cluster", Name = "one" }, fleet.Api.Call(default))).Cluster;
        Assert.Equal("node-1", cluster.Status.Node);
        Assert.Equal("1", (await fleet.LiveAsync("one", ConfigMap, "default", "a"))!.Json["data"]!["value"]!.GetValue<string>());
    }
}
