using Fleet.Hub.Core.Clusters;

namespace Fleet.Hub.Core.Tests.Clusters;

public class ClusterLivenessTests
{
    [Theory]
    [InlineData(false, false, 0, Connectivity.NeverConnected)]
    [InlineData(true, true, 89, Connectivity.Connected)]
    [InlineData(true, true, 90, Connectivity.Suspect)]
    [InlineData(true, false, 0, Connectivity.Suspect)]
    [InlineData(true, false, 299, Connectivity.Suspect)]
    [InlineData(true, true, 300, Connectivity.Offline)]
    [InlineData(true, false, 86_399, Connectivity.Offline)]
    [InlineData(true, false, 86_400, Connectivity.Stale)]
    public void Of_Silence_NamesTheState(bool ever, bool attached, int seconds, Connectivity expected) =>
        Assert.Equal(expected, ClusterLiveness.Of(ever, attached, TimeSpan.FromSeconds(seconds), LivenessLimits.Default));

    [Theory]
    [InlineData(true, 10, 80)]
    [InlineData(false, 10, 290)]
    [InlineData(true, 100, 200)]
    [InlineData(true, 400, 86_000)]
    public void NextChange_Silence_IsWhenTheStateWillChange(bool attached, int seconds, int expected) =>
        Assert.Equal(TimeSpan.FromSeconds(expected), ClusterLiveness.NextChange(attached, TimeSpan.FromSeconds(seconds), LivenessLimits.Default));

    [Fact]
    public void NextChange_Stale_NeverChanges() =>
        Assert.Null(ClusterLiveness.NextChange(false, TimeSpan.FromDays(2), LivenessLimits.Default));
}
