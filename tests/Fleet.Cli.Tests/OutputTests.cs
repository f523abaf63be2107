using System.Text.Json.Nodes;
using Fleet.Cli.Output;

namespace Fleet.Cli.Tests;

public sealed class OutputTests
{
    [Theory]
    [InlineData("yes")]
    [InlineData("1.0")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("a: b")]
    [InlineData("# no comment")]
    [InlineData("two\nlines\n")]
    [InlineData("- item")]
    [InlineData("2026-01-01")]
    public void Yaml_Strings_StayStrings(string text)
    {
        var yaml = YamlText.Of(new JsonObject { ["k"] = text });
        var problems = new List<Fleet.Rendering.Yaml.YamlProblem>();
        var read = Fleet.Rendering.Yaml.YamlReader.Read(yaml, Fleet.Rendering.Yaml.YamlLimits.Default, problems);
        Assert.Empty(problems);
        Assert.Equal(text, read.Single().Root!["k"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("1h30m", 5400)]
    [InlineData("500ms", 0.5)]
    [InlineData("2d", 172800)]
    public void Durations_Written_AreRead(string text, double seconds) => Assert.Equal(seconds, Durations.Parse(text, "--x").TotalSeconds);

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("5 m")]
    [InlineData("m5")]
    public void Durations_Mistyped_SayWhatToWrite(string text) =>
        Assert.Contains("30s", Assert.Throws<UsageException>(() => Durations.Parse(text, "--x")).Message, StringComparison.Ordinal);

    [Fact]
    public void Table_Columns_AlignAndHoldOneLine()
    {
        var table = new TextTable("NAME", "MESSAGE");
        table.Add("a", "first\nsecond");
        table.Add("longer-name", "x");
        using var text = new StringWriter { NewLine = "\n" };
        table.Print(text);
        Assert.Equal("NAME          MESSAGE\na             first second\nlonger-name   x\n", text.ToString());
    }
}
