using Fleet.Hub.Core.Sources;

namespace Fleet.Hub.Core.Tests.Sources;

public class PollScheduleTests
{
    [Theory]
    [InlineData(30, 0, 0, 30)]
    [InlineData(30, 0, 1, 36)]
    [InlineData(30, 1, 0, 60)]
    [InlineData(30, 3, 0, 240)]
    [InlineData(30, 4, 0, 300)]
    [InlineData(30, 99, 0, 300)]
    [InlineData(900, 5, 0, 900)]
    [InlineData(0, 0, 0, 1)]
    public void Next_AfterFailures_WaitsLongerUpToACeiling(int interval, int failures, double random, int expected) =>
        Assert.Equal(TimeSpan.FromSeconds(expected), PollSchedule.Next(TimeSpan.FromSeconds(interval), failures, random));
}
