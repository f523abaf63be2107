using Fleet.Rendering.Files;

namespace Fleet.Rendering.Tests.Files;

public sealed class GlobTests
{
    [Theory]
    [InlineData("*.yaml", "a.yaml", true)]
    [InlineData("*.yaml", "x/y/a.yaml", true)]
    [InlineData("*.yaml", "a.yml", false)]
    [InlineData("x/*.yaml", "x/a.yaml", true)]
    [InlineData("x/*.yaml", "x/y/a.yaml", false)]
    [InlineData("x/**/*.yaml", "x/a.yaml", true)]
    [InlineData("x/**/*.yaml", "x/y/z/a.yaml", true)]
    [InlineData("x/", "x/y/a.yaml", true)]
    [InlineData("x/**", "x", true)]
    [InlineData("./x/a.yaml", "x/a.yaml", true)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "a/c", false)]
    [InlineData("**", "a/b", true)]
    [InlineData("*a*b*c*", "xxaxxbxxcxx", true)]
    [InlineData("*a*b*c*", "xxaxxcxxbxx", false)]
    [InlineData("test", "x/test/y", false)]
    [InlineData("**/test/**", "x/test/y", true)]
    public void Matches_Pattern_AsWritten(string pattern, string path, bool matches) => Assert.Equal(matches, new Glob(pattern).Matches(path));

    [Fact]
    public void Matches_HostilePattern_TakesNoTime()
    {
        var glob = new Glob(string.Concat(Enumerable.Repeat("**/a*a*a*a*/", 30)) + "b");
        Assert.False(glob.Matches(string.Join('/', Enumerable.Repeat(new string('a', 100), 60))));
    }

    [Theory]
    [InlineData("a/b", "a/b")]
    [InlineData("./a//b/", "a/b")]
    [InlineData(".", "")]
    [InlineData("", "")]
    [InlineData("../a", null)]
    [InlineData("a/../b", null)]
    [InlineData("/etc", null)]
    [InlineData("a\\b", null)]
    public void TreePath_Normalise_RefusesWaysOut(string path, string? normal) => Assert.Equal(normal, TreePath.TryNormalise(path, out var n) ? n : null);
}
