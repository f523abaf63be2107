using Fleet.V1;

namespace Fleet.EndToEnd.Tests;

/// <summary>What operators do to a fleet with real agents in it: decommissioning, break-glass, rolling the CA.</summary>
public sealed class OperatorTests
{
    [Theory]
    [InlineData("", true)]
    [InlineData("delete", false)]
    public async Task Decommission_AgentLetsGoOfEverything_ThenItsIdentityEnds(string policy, bool stays)
    {
        await using var fleet = await TestFleet.StartAsync();
        var git = fleet.Repository("app");
        var commit = git.Write("app/config.yaml", Yaml.ConfigMap("settings", "one")).Push();
        await fleet.AddClusterAsync("one", ("group", "a"));
        await fleet.ApplyAsync(Yaml.Group("a", "a") + Yaml.Source("app", git.Url) + Yaml.Assignment("web", "app", "a"));
        await fleet.ReadyAsync("web", commit);

        await fleet.Api.Api.DecommissionClusterAsync(new DecommissionClusterRequest { Name = "one", Confirm = "one", Policy = policy }, fleet.Api.Call(default));

        await fleet.EventuallyAsync("decommissioned", async () =>
            (await fleet.Api.Api.GetAsync(new GetRequest { Kind = "Cluster", Name = "one" }, fleet.Api.Call(default))).Cluster.Status.State is var state and not "Revoked" ? state : null);
        var left = await fleet.LiveAsync("one", MainJobTests.ConfigMap, "default", "settings");
        Assert.Equal(stays, left is not null);
        Assert.DoesNotContain(left?.Json["metadata"]?["labels"]?.AsObject() ?? [], label => label.Key.StartsWith("fleet/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AuthorityRolledAndFinished_AgentEnrolledMeanwhile_ComesBackToTheNewServerCertificate()
    {
        await using var fleet = await TestFleet.StartAsync();
        var git = fleet.Repository("app");
        var first = git.Write("app/config.yaml", Yaml.ConfigMap("settings", "one")).Push();
        await fleet.Api.Api.RollAuthorityAsync(new RollAuthorityRequest { Now = true }, fleet.Api.Call(default));
        var pin = fleet.Hubs[0].CaPin;

        // Its install command pins the old authority, which signs what it meets; what it is given is of the new one.
        await fleet.AddClusterAsync("one", ("group", "a"));
        await fleet.ApplyAsync(Yaml.Group("a", "a") + Yaml.Source("app", git.Url) + Yaml.Assignment("web", "app", "a"));
        await fleet.ReadyAsync("web", first);

        await fleet.Api.Api.FinishAuthorityRollAsync(new FinishAuthorityRollRequest { Confirm = true }, fleet.Api.Call(default));
        Assert.NotEqual(pin, fleet.Hubs[0].CaPin);
        await fleet.StopAgentAsync("one");
        await fleet.StartAgentAsync("one", "");
        var second = git.Write("app/config.yaml", Yaml.ConfigMap("settings", "two")).Push();
        await fleet.EventuallyAsync("the push, over the new certificates", async () =>
            (await fleet.LiveAsync("one", MainJobTests.ConfigMap, "default", "settings"))!.Json["data"]!["value"]!.GetValue<string>() is var value and not "two" ? value : null);
        Assert.NotEqual(first, second);
    }
}
