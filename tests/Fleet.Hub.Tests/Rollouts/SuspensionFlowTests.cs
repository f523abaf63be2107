using Fleet.Hub.Tests.Flow;
using Fleet.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Tests.Rollouts;

/// <summary>Suspensions on their way to agents.</summary>
public class SuspensionFlowTests
{
    [Fact]
    public async Task Suspension_OfAssignmentAndCluster_ReachesTheAgentWithItsEnd_AndEndsByItself()
    {
        using var git = new TestGit();
        git.Commit(("apps/web/a.yaml", "a"));
        await using var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris", ("env", "prod"));
        await hub.ApplySourceAsync("shop", git.Url);
        await hub.ApplyGroupAsync("production", "env", "prod");
        var spec = new AssignmentSpec { Source = "shop", Ref = "main", Path = "apps/web", Groups = { "production" } };
        var uid = await hub.ApplyAssignmentAsync("web", spec);
        await using var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        TargetSpec? Spec() => agent.Targets.TryGetValue(uid, out var target) ? agent.Specs.GetValueOrDefault(target.SpecDigest) : null;
        await FlowHub.EventuallyAsync(() => Task.FromResult(Spec()), one => one is { Suspend: false }, "the target");

        var soon = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddSeconds(2));
        var later = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddSeconds(4));
        spec = spec.Clone();
        (spec.Suspend, spec.SuspendUntil, spec.SuspendReason) = (true, soon, "a leak");
        await hub.ApplyAssignmentAsync("web", spec);
        await hub.Database.WriteAsync(async (tx, cancel) =>
        {
            var stored = await hub.Stores.Clusters.LockAsync(tx, cluster, cancel);
            var body = new ClusterSpec { Suspend = true, SuspendUntil = later, SuspendReason = "a fire" };
            await hub.Stores.Clusters.UpdateAsync(tx, stored! with { Spec = body.ToByteArray() }, cancel);
        }, default);
        await hub.LabelAsync(cluster, ("env", "prod"));

        var both = await FlowHub.EventuallyAsync(() => Task.FromResult(Spec()), one => one is { Suspend: true } && one.SuspendReason.Contains("fire", StringComparison.Ordinal), "the suspension");
        Assert.Equal(later, both!.SuspendUntil);
        Assert.Contains("leak", both.SuspendReason, StringComparison.Ordinal);
        await FlowHub.EventuallyAsync(() => Task.FromResult(Spec()), one => one is { Suspend: false, SuspendUntil: null }, "its end, by itself");
    }
}
