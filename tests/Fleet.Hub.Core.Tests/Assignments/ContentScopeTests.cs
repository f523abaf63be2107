using Fleet.Hub.Core.Assignments;

namespace Fleet.Hub.Core.Tests.Assignments;

public class ContentScopeTests
{
    [Theory]
    [InlineData("apps/web", "", "apps/web")]
    [InlineData("./apps//web/", "", "apps/web")]
    [InlineData(".", "", "")]
    [InlineData("", "apps", "")]
    [InlineData("apps/web", "apps", "apps")]
    [InlineData("apps/web", "apps-shared,base", "apps-shared,apps/web,base")]
    [InlineData("apps", "apps2", "apps,apps2")]
    public void Roots_PathAndReadRoots_AreNormalisedAndOutermost(string path, string readRoots, string expected) =>
        Assert.Equal(expected.Split(','), ContentScope.Roots(path, readRoots.Split(',', StringSplitOptions.RemoveEmptyEntries)));
}
