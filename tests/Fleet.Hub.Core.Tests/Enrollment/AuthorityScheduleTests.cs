using Fleet.Hub.Core.Enrollment;

namespace Fleet.Hub.Core.Tests.Enrollment;

public class AuthorityScheduleTests
{
    private static readonly DateTimeOffset Then = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(23, false)]
    [InlineData(24, true)]
    public void MayActivate_OnlyAfterADayInTheBundles(int hours, bool expected) => Assert.Equal(expected, AuthoritySchedule.MayActivate(Then, Then.AddHours(hours)));

    [Theory]
    [InlineData(47, 0, false)]
    [InlineData(48, 0, true)]
    [InlineData(480, 1, false)]
    public void MayFinish_OnlyAfterTwoLivesAndWhenNobodyIsBehind(int hours, int behind, bool expected) =>
        Assert.Equal(expected, AuthoritySchedule.MayFinish(Then, Then.AddHours(hours), behind));

    [Theory]
    [InlineData(null, false)]
    [InlineData(23, true)]
    [InlineData(24, true)]
    [InlineData(25, false)]
    public void IsBehind_ByWhenTheNewestCertificateWasIssued(int? expiresInHours, bool expected) =>
        Assert.Equal(expected, AuthoritySchedule.IsBehind(expiresInHours is { } hours ? Then.AddHours(hours) : null, Then));
}
