using Fleet.Agent.Core.Objects;
using Fleet.Agent.Kube;
using Fleet.Agent.Tests.Fakes;
using Fleet.Agent.Tests.Policy;

namespace Fleet.Agent.Tests.Upgrade;

/// <summary>The agent's upgrade: a second Deployment beside the first, the old one kept until the hub has confirmed the new one, and back by itself when it does not.</summary>
public sealed class UpgradeTests
{
    private static readonly KubeResource Deployments = new("apps", "v1", "Deployment", "deployments", true, []);

    [Fact]
    public async Task Upgrade_NewAgentConnects_OldOneIsKeptUntilConfirmedAndThenGoes()
    {
        await using var rig = await UpgradeRig.StartAsync();
        var commit = rig.Hub.Assign("shop", Manifests.Files(("a.yaml", Manifests.ConfigMap("a", ns: "team-a"))), s => s.ServiceAccount = "team-a/deployer");
        await rig.Hub.WaitReadyAsync("shop", commit);
        rig.Order("u1", "2");
        await rig.ConnectedAsync("2");
        Assert.True(rig.Has("fleet-agent"));
        rig.Confirm("u1");
        await rig.GoneAsync("fleet-agent");
        Assert.True(rig.Has("fleet-agent-b"));
        // It works, and it can be upgraded in its turn.
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Manifests.Files(("a.yaml", Manifests.ConfigMap("a", "2", "team-a"))), s => s.ServiceAccount = "team-a/deployer"));
        rig.Order("u2", "3");
        await rig.ConnectedAsync("3");
        rig.Confirm("u2");
        await rig.GoneAsync("fleet-agent-b");
        Assert.True(rig.Has("fleet-agent"));
        // No Assignment lost or wrote anything over it.
        Assert.DoesNotContain(rig.Tenants.Cluster.Requests.Writes(), r => r is { Resource: "configmaps", Verb: "delete" });
    }

    [Fact]
    public async Task Upgrade_NewAgentNeverStarts_OldOneGoesOnAndRemovesIt()
    {
        await using var rig = await UpgradeRig.StartAsync(starts: version => version != "2");
        rig.Order("u1", "2", seconds: 3);
        await rig.AppearsAsync("fleet-agent-b");
        await rig.GoneAsync("fleet-agent-b");
        Assert.True(rig.Has("fleet-agent"));
        rig.Order("u1", "2");
        await rig.Hub.UntilAsync(() => rig.Hub.Results.Any(r => !r.Ok && r.Message.Contains("the upgrade u1 failed", StringComparison.Ordinal)));
        Assert.DoesNotContain(rig.Hub.Hellos, h => h.AgentVersion == "2");
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Manifests.Files(("a.yaml", Manifests.ConfigMap("a", ns: "team-a"))), s => s.ServiceAccount = "team-a/deployer"));
        // A better image follows.
        rig.Order("u2", "3");
        await rig.ConnectedAsync("3");
        rig.Confirm("u2");
        await rig.GoneAsync("fleet-agent");
    }

    [Fact]
    public async Task Upgrade_HubNeverConfirms_OldOneTakesTheClusterBack()
    {
        await using var rig = await UpgradeRig.StartAsync();
        rig.Order("u1", "2", seconds: 4);
        await rig.ConnectedAsync("2");
        await rig.GoneAsync("fleet-agent-b");
        var known = rig.Hub.Hellos.Count;
        await rig.Hub.UntilAsync(() => rig.Hub.Hellos[^1].AgentVersion == "1");
        Assert.True(rig.Has("fleet-agent"));
        Assert.True(known >= 2);
    }

    [Fact]
    public async Task Upgrade_OldAgentRestartsMeanwhile_DoesNotTakeTheClusterFromTheNewOne()
    {
        await using var rig = await UpgradeRig.StartAsync();
        rig.Order("u1", "2");
        await rig.ConnectedAsync("2");
        var hellos = rig.Hub.Hellos.Count;
        await rig.RestartAsync("fleet-agent");
        await rig.Kubelet("fleet-agent").Status.WaitAsync("upgrade", c => c.Reason == "Waiting", new CancellationTokenSource(20_000).Token);
        Assert.Equal(hellos, rig.Hub.Hellos.Count);
        rig.Confirm("u1");
        await rig.GoneAsync("fleet-agent");
    }

    [Fact]
    public async Task Upgrade_KilledAfterTheRecordBeforeTheDeployment_IsFinishedByTheNextStart()
    {
        await using var rig = await UpgradeRig.StartAsync();
        await rig.StopAsync("fleet-agent");
        rig.Tenants.Cluster.Store.Apply(Record("Intended"));
        await rig.StartAsync("fleet-agent");
        await rig.ConnectedAsync("2");
        rig.Confirm("u1");
        await rig.GoneAsync("fleet-agent");
    }

    [Fact]
    public async Task Upgrade_KilledAfterTheConfirmationBeforeTheRemoval_IsFinishedByTheNextStart()
    {
        await using var rig = await UpgradeRig.StartAsync();
        rig.Order("u1", "2");
        await rig.ConnectedAsync("2");
        await rig.StopAsync("fleet-agent-b");
        await rig.StopAsync("fleet-agent");
        rig.Tenants.Cluster.Store.Apply(Record("Confirmed"));
        await rig.StartAsync("fleet-agent");
        await rig.StartAsync("fleet-agent-b");
        await rig.GoneAsync("fleet-agent");
        Assert.True(rig.Has("fleet-agent-b"));
    }

    [Fact]
    public async Task Upgrade_KilledAfterTheFailureBeforeTheRemoval_IsFinishedByTheNextStart()
    {
        await using var rig = await UpgradeRig.StartAsync();
        rig.Order("u1", "2");
        await rig.ConnectedAsync("2");
        await rig.StopAsync("fleet-agent-b");
        await rig.StopAsync("fleet-agent");
        rig.Tenants.Cluster.Store.Apply(Record("Failed"));
        await rig.StartAsync("fleet-agent-b");
        await rig.StartAsync("fleet-agent");
        await rig.GoneAsync("fleet-agent-b");
        await rig.Hub.UntilAsync(() => rig.Hub.Hellos[^1].AgentVersion == "1");
    }

    [Theory]
    [InlineData("evil.example.com/fleet-agent:2", "only from fleet-agent:*")]
    [InlineData("fleet-agent-evil:2", "only from fleet-agent:*")]
    public async Task Upgrade_ImageFromElsewhere_IsRefusedAndNothingIsMade(string image, string words)
    {
        await using var rig = await UpgradeRig.StartAsync();
        rig.Hub.Send(new() { Command = new() { Id = "c", UpgradeAgent = new() { Id = "u1", Image = image, Version = "2" } } });
        await rig.Hub.UntilAsync(() => rig.Hub.Results.Any(r => !r.Ok && r.Message.Contains(words, StringComparison.Ordinal)));
        Assert.False(rig.Has("fleet-agent-b"));
    }

    [Fact]
    public async Task Upgrade_ConfirmationForAnotherOrNone_IsRefused()
    {
        await using var rig = await UpgradeRig.StartAsync();
        rig.Confirm("u1");
        await rig.Hub.UntilAsync(() => rig.Hub.Results.Any(r => !r.Ok && r.Message.Contains("no such upgrade", StringComparison.Ordinal)));
        rig.Order("u1", "2");
        await rig.AppearsAsync("fleet-agent-b");
        Assert.True(rig.Has("fleet-agent"));
    }

    [Fact]
    public async Task ChartsRights_DeploymentsOtherThanItsOwnTwo_AreForbidden()
    {
        await using var tenants = await TenantRig.StartAsync(start: false, upgrades: true);
        tenants.Cluster.Store.Apply(Manifests.Deployment("other", ns: "fleet-system"));
        var api = tenants.As(TenantRig.Agent);
        KubeObject Named(string name, string ns) => new((System.Text.Json.Nodes.JsonObject)Charts.ChartText.Yaml(Manifests.Deployment(name, ns: ns))!);
        Assert.Equal(403, (await api.ApplyAsync(Deployments, Named("other", "fleet-system"), new("x"), default)).Error?.HttpStatus);
        Assert.Equal(403, (await api.ApplyAsync(Deployments, Named("new", "fleet-system"), new("x"), default)).Error?.HttpStatus);
        Assert.Equal(403, (await api.CreateAsync(Deployments, Named("fleet-agent-b", "team-a"), new("x"), default)).Error?.HttpStatus);
        Assert.Equal(403, (await api.DeleteAsync(Deployments, "fleet-system", "other", new(), default)).Error?.HttpStatus);
        Assert.Null((await api.ApplyAsync(Deployments, Named("fleet-agent-b", "fleet-system"), new("x"), default)).Error);
    }

    private static string Record(string stage) => $$"""
        apiVersion: v1
        kind: Secret
        metadata: {name: fleet-agent-state-upgrade, namespace: fleet-system, labels: {app.kubernetes.io/managed-by: fleet-agent} }
        type: fleet/state
        stringData: {id: u1, image: "fleet-agent:2", version: "2", from: fleet-agent, to: fleet-agent-b, deadline: "{{DateTimeOffset.UtcNow.AddMinutes(5).ToUnixTimeMilliseconds()}}", stage: {{stage}} }
        """;
}
