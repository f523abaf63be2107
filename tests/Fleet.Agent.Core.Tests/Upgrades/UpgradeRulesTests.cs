using Fleet.Agent.Core.Upgrades;

namespace Fleet.Agent.Core.Tests.Upgrades;

public sealed class UpgradeRulesTests
{
    private static readonly DateTimeOffset Deadline = new(2026, 1, 1, 0, 5, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(UpgradeStage.Intended, "fleet-agent", -1, UpgradeRole.Work)]
    [InlineData(UpgradeStage.Intended, "fleet-agent", 0, UpgradeRole.TakeBack)]
    [InlineData(UpgradeStage.Intended, "fleet-agent-b", -1, UpgradeRole.TakeOver)]
    [InlineData(UpgradeStage.Intended, "fleet-agent-b", 0, UpgradeRole.Stop)]
    [InlineData(UpgradeStage.Taken, "fleet-agent", -1, UpgradeRole.Wait)]
    [InlineData(UpgradeStage.Taken, "fleet-agent", 0, UpgradeRole.TakeBack)]
    [InlineData(UpgradeStage.Taken, "fleet-agent-b", -1, UpgradeRole.Work)]
    [InlineData(UpgradeStage.Taken, "fleet-agent-b", 0, UpgradeRole.Work)]
    [InlineData(UpgradeStage.Confirmed, "fleet-agent", -1, UpgradeRole.Stop)]
    [InlineData(UpgradeStage.Confirmed, "fleet-agent", 9, UpgradeRole.Stop)]
    [InlineData(UpgradeStage.Confirmed, "fleet-agent-b", 9, UpgradeRole.Work)]
    [InlineData(UpgradeStage.Failed, "fleet-agent", 9, UpgradeRole.Work)]
    [InlineData(UpgradeStage.Failed, "fleet-agent-b", -1, UpgradeRole.Stop)]
    [InlineData(UpgradeStage.Failed, "other", 9, UpgradeRole.Work)]
    public void RoleOf_EachStageAndSide_IsOneOfFive(UpgradeStage stage, string deployment, int minutes, UpgradeRole role) =>
        Assert.Equal(role, UpgradeRules.RoleOf(new("u", "i", "2", "fleet-agent", "fleet-agent-b", Deadline, stage), deployment, Deadline.AddMinutes(minutes)));

    [Fact]
    public void RoleOf_NoUpgrade_Works() => Assert.Equal(UpgradeRole.Work, UpgradeRules.RoleOf(null, "fleet-agent", Deadline));

    [Theory]
    [InlineData("fleet-agent", "reg.example.com/fleet-agent:2", true)]
    [InlineData("fleet-agent-b", "reg.example.com/fleet-agent:2", true)]
    [InlineData("", "reg.example.com/fleet-agent:2", false)]
    [InlineData("web", "reg.example.com/fleet-agent:2", false)]
    [InlineData("fleet-agent", "evil.example.com/fleet-agent:2", false)]
    [InlineData("fleet-agent", "evil.example.com/reg.example.com/fleet-agent:2", false)]
    [InlineData("fleet-agent", "reg.example.com/fleet-agent-evil:2", false)]
    public void Refuses_OtherImagesAndUnknownDeployments(string deployment, string image, bool taken) =>
        Assert.Equal(taken, UpgradeRules.Refuses(deployment, image, ["reg.example.com/fleet-agent:*"]) is null);

    [Fact]
    public void Refuses_NoImagesNamed_Everything() => Assert.NotNull(UpgradeRules.Refuses("fleet-agent", "x", []));
}
