using Fleet.Hub.Core.Access;

namespace Fleet.Hub.Core.Tests.Access;

public sealed class BearerSecretTests
{
    [Fact]
    public void Create_Parsed_IsTheSame()
    {
        var made = BearerSecret.Create(Enumerable.Range(0, BearerSecret.RandomBytes).Select(i => (byte)(i * 7)).ToArray());
        var read = BearerSecret.Parse(made.Reveal());
        Assert.NotNull(read);
        Assert.Equal(made.Id, read.Id);
        Assert.True(read.Matches(made.Hash()));
    }

    [Fact]
    public void ToString_Secret_IsNotShown()
    {
        var made = BearerSecret.Create(new byte[BearerSecret.RandomBytes]);
        Assert.DoesNotContain(made.Reveal().Split('.')[1], $"{made}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData(".abc")]
    [InlineData("abc.")]
    [InlineData("abc.d e")]
    [InlineData("abc.é")]
    public void Parse_NotOne_Null(string? text) => Assert.Null(BearerSecret.Parse(text));

    [Fact]
    public void Parse_Endless_Null() => Assert.Null(BearerSecret.Parse("a." + new string('b', 1000)));
}
