namespace Fleet.EndToEnd.Tests.Restores;

/// <summary>
/// Hubs that know less than their agents: nothing is deleted, nothing is rolled back, one incident is shown, and after its
/// release all comes together. Revoked clusters stay out.
/// </summary>
[Trait("Category", "Chaos")]
public sealed class RestoredHubTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Hub_RewoundWhileAgentsWentOn(bool postgres)
    {
        await using var fleet = await RestoredFleet.StartAsync(postgres);
        await fleet.BackUpAsync();
        await fleet.GoOnAsync();
        await fleet.RestoreAsync();
        await fleet.StandsStillAsync();
        await fleet.ReleaseAsync();
    }

    [Fact]
    public async Task Postgres_FailedOverToAStandbyThatLagged()
    {
        await using var fleet = await RestoredFleet.StartAsync(isPostgres: true);
        await fleet.BackUpAsync();
        await fleet.GoOnAsync();
        await fleet.RestoreAsync(isFailover: true);
        await fleet.StandsStillAsync();
        await fleet.ReleaseAsync();
    }
}
