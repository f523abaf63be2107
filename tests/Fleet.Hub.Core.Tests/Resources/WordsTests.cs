using Fleet.Hub.Core.Resources;

namespace Fleet.Hub.Core.Tests.Resources;

public sealed class WordsTests
{
    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("prod-*", "prod-1", true)]
    [InlineData("prod-*", "staging-1", false)]
    [InlineData("prod-?", "prod-12", false)]
    [InlineData("*-*-x", "a-b-c-x", true)]
    [InlineData("a*b*c", "abbbd", false)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("a[b]", "a[b]", true)]
    public void Globs_IsMatch(string pattern, string name, bool expected) => Assert.Equal(expected, Globs.IsMatch(pattern, name));

    [Fact]
    public void Globs_ManyStars_NoBlowUp() =>
        Assert.False(Globs.IsMatch(string.Concat(Enumerable.Repeat("a*", 30)) + "b", new string('a', 5000)));

    [Theory]
    [InlineData("30s", 30_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("500ms", 500)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("2d", 172_800_000)]
    [InlineData("0", 0)]
    public void Durations_Parse(string text, double milliseconds)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5 s")]
    [InlineData("1y")]
    [InlineData("1e9h")]
    [InlineData("..s")]
    [InlineData("99999999999999999999h")]
    public void Durations_NotOne_Refused(string text) => Assert.False(Durations.TryParse(text, out _));

    [Theory]
    [InlineData("1h30m", "1h30m")]
    [InlineData("90s", "1m30s")]
    [InlineData("1d", "24h")]
    [InlineData("0", "0s")]
    public void Durations_Format(string text, string expected)
    {
        Durations.TryParse(text, out var duration);
        Assert.Equal(expected, Durations.Format(duration));
    }

    [Theory]
    [InlineData("gruops", "groups")]
    [InlineData("Source", "source")]
    [InlineData("read_roots", "readRoots")]
    [InlineData("ifequal", "ifEqual")]
    [InlineData("zzz", null)]
    public void Closest_To(string written, string? expected) =>
        Assert.Equal(expected, Closest.To(written, ["source", "groups", "readRoots", "ifEqual"]));

    [Theory]
    [InlineData("web", true)]
    [InlineData("web.prod-1", true)]
    [InlineData("Web", false)]
    [InlineData("web_1", false)]
    [InlineData("-web", false)]
    [InlineData("web..x", false)]
    [InlineData("", false)]
    public void Names_Problem(string name, bool fine) => Assert.Equal(fine, Names.Problem(name) is null);

    [Theory]
    [InlineData("env", true)]
    [InlineData("example.com/team", true)]
    [InlineData("App_1.x", true)]
    [InlineData("/team", false)]
    [InlineData("Example.com/team", false)]
    [InlineData("a/b/c", false)]
    [InlineData("-a", false)]
    public void LabelKeys_Problem(string key, bool fine) => Assert.Equal(fine, LabelSyntax.KeyProblem(key) is null);

    [Theory]
    [InlineData("GitSource", ResourceKind.GitSource)]
    [InlineData("gitsources", ResourceKind.GitSource)]
    [InlineData("git-source", ResourceKind.GitSource)]
    [InlineData("clusterassignments", ResourceKind.ClusterAssignment)]
    public void Kinds_TryParse(string text, ResourceKind expected)
    {
        Assert.True(ResourceKinds.TryParse(text, out var kind));
        Assert.Equal(expected, kind);
    }

    [Fact]
    public void Quote_ControlCharacters_NeverReachATerminal() => Assert.DoesNotContain('\u001b', Quoting.Quote("\u001b[31mred"));
}
