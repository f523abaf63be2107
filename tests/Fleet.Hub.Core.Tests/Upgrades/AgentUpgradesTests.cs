using Fleet.Hub.Core.Upgrades;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;
using static Fleet.V1.AgentUpgradeState;

namespace Fleet.Hub.Core.Tests.Upgrades;

public sealed class AgentUpgradesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Step_WaveOfTwo_NeverMoreAtOnceAndOfflineOnesWait()
    {
        var seen = Seen(("a", "1", false), ("b", "1", true), ("c", "1", true), ("d", "1", true));
        var upgrade = AgentUpgrades.Step(Upgrade(2, "a", "b", "c", "d"), seen, Now);
        Assert.Equal([Waiting, Ordered, Ordered, Waiting], States(upgrade));
        Assert.Equal(upgrade, AgentUpgrades.Step(upgrade, seen, Now.AddSeconds(9)));
        upgrade = Confirmed(upgrade, "b");
        Assert.Equal([Waiting, Done, Ordered, Ordered], States(AgentUpgrades.Step(upgrade, seen, Now)));
    }

    [Fact]
    public void Step_VersionIsThereAlready_IsDoneWithoutAnOrder() =>
        Assert.Equal([Done, Ordered], States(AgentUpgrades.Step(Upgrade(1, "a", "b"), Seen(("a", "2", true), ("b", "1", true)), Now)));

    [Fact]
    public void Step_NewAgentNotHeardInTime_FailsAndPausesTheRest()
    {
        var seen = Seen(("a", "1", true), ("b", "1", true));
        var upgrade = AgentUpgrades.Step(Upgrade(1, "a", "b"), seen, Now);
        var late = Now + TimeSpan.FromMinutes(5) + AgentUpgrades.Grace;
        Assert.Equal([Ordered, Waiting], States(AgentUpgrades.Step(upgrade, seen, late)));
        upgrade = AgentUpgrades.Step(upgrade, seen, late.AddSeconds(1));
        Assert.Equal([Failed, Waiting], States(upgrade));
        Assert.True(upgrade.Paused);
        Assert.Contains("fleetctl agents resume|cancel u1", upgrade.Message, StringComparison.Ordinal);
        Assert.Equal([Failed, Waiting], States(AgentUpgrades.Step(upgrade, seen, late.AddDays(1))));
        Assert.Equal([Failed, Ordered], States(AgentUpgrades.Step(AgentUpgrades.Settled(upgrade, cancel: false), seen, late.AddDays(1))));
        var ended = AgentUpgrades.Step(AgentUpgrades.Settled(upgrade, cancel: true), seen, late.AddDays(1));
        Assert.Equal([Failed, Skipped], States(ended));
        Assert.NotNull(ended.EndedTime);
    }

    [Fact]
    public void Step_ClusterIsGone_IsSkippedAndTheUpgradeEnds()
    {
        var upgrade = AgentUpgrades.Step(Upgrade(1, "a"), Seen(), Now);
        Assert.Equal([Skipped], States(upgrade));
        Assert.NotNull(upgrade.EndedTime);
        Assert.Equal(upgrade, AgentUpgrades.Step(upgrade, Seen(), Now.AddDays(1)));
    }

    [Fact]
    public void Orders_OldAgentIsToldNewOneIsConfirmedAndSilentOnesAreLeft()
    {
        var upgrade = AgentUpgrades.Step(Upgrade(3, "a", "b", "c"), Seen(("a", "1", true), ("b", "1", true), ("c", "1", true)), Now);
        var orders = AgentUpgrades.Orders(upgrade, Seen(("a", "1", true), ("b", "2", true), ("c", "2", false))).ToDictionary(o => o.Cluster);
        Assert.Equal("fleet-agent:2", orders["a"].Command.UpgradeAgent.Image);
        Assert.Equal("u1", orders["b"].Command.ConfirmUpgrade.Id);
        Assert.False(orders.ContainsKey("c"));
    }

    [Fact]
    public void Answered_RefusalFailsAndPauses_RefusedConfirmationIsSaidAgain()
    {
        var upgrade = AgentUpgrades.Step(Upgrade(2, "a", "b"), Seen(("a", "1", true), ("b", "1", true)), Now);
        var orders = AgentUpgrades.Orders(upgrade, Seen(("a", "1", true), ("b", "2", true))).ToDictionary(o => o.Cluster);
        var failed = AgentUpgrades.Answered(upgrade, orders["a"], new() { Message = "this cluster takes agents' images only from x" });
        Assert.Equal([Failed, Ordered], States(failed));
        Assert.True(failed.Paused);
        Assert.Equal([Ordered, Ordered], States(AgentUpgrades.Answered(upgrade, orders["b"], new() { Message = "say it again" })));
        // What is over stays so, whatever comes late.
        var done = AgentUpgrades.Answered(upgrade, orders["b"], new() { Ok = true });
        Assert.Equal(done, AgentUpgrades.Answered(done, orders["b"], new() { Message = "late" }));
    }

    [Theory]
    [InlineData("", 50, 5)]
    [InlineData("", 3, 1)]
    [InlineData("25%", 10, 2)]
    [InlineData("100%", 7, 7)]
    [InlineData("4", 2, 4)]
    [InlineData("0", 2, null)]
    [InlineData("0%", 2, null)]
    [InlineData("101%", 2, null)]
    [InlineData("-1", 2, null)]
    [InlineData("many", 2, null)]
    public void Wave_NumbersAndPercentages(string text, int clusters, int? expected) => Assert.Equal(expected, AgentUpgrades.Wave(text, clusters));

    private static AgentUpgrade Confirmed(AgentUpgrade upgrade, string cluster) =>
        AgentUpgrades.Answered(upgrade, new(cluster, new() { ConfirmUpgrade = new() { Id = "u1" } }), new() { Ok = true });

    private static AgentUpgrade Upgrade(int wave, params string[] clusters) => new()
    {
        Id = "u1",
        Image = "fleet-agent:2",
        Version = "2",
        Wave = wave,
        ConnectWithin = Duration.FromTimeSpan(TimeSpan.FromMinutes(5)),
        Clusters = { clusters.Select(c => new AgentUpgradeCluster { Id = c, Name = c, State = Waiting }) },
    };

    private static Dictionary<string, SeenAgent> Seen(params (string Id, string Version, bool Connected)[] agents) =>
        agents.ToDictionary(a => a.Id, a => new SeenAgent(a.Version, a.Connected));

    private static IEnumerable<AgentUpgradeState> States(AgentUpgrade upgrade) => upgrade.Clusters.Select(c => c.State);
}
