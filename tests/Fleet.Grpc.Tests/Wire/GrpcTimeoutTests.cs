using Grpc.Wire;

namespace Grpc.Tests.Wire;

public class GrpcTimeoutTests
{
    [Theory]
    [InlineData(0, "1n")]
    [InlineData(1, "100n")]
    [InlineData(10_000, "1000000n")]
    [InlineData(999_999, "99999900n")]
    [InlineData(10_000_000, "1000000u")]
    [InlineData(10_000_001, "1000001u")]
    [InlineData(1_000_000_000, "100000m")]
    [InlineData(864_000_000_000_000, "86400000S")]
    [InlineData(long.MaxValue, "15372287M")]
    public void Encode_Ticks_GivesFinestUnitThatFitsEightDigits(long ticks, string expected)
    {
        var actual = GrpcTimeout.Encode(TimeSpan.FromTicks(ticks));
        Assert.True(actual.Length <= 9);
        Assert.True(GrpcTimeout.TryParse(actual, out var back));
        Assert.True(back >= TimeSpan.FromTicks(ticks) || ticks == long.MaxValue, "never shortened");
        if (ticks is not (1_000_000_000 or long.MaxValue))
        {
            Assert.Equal(expected, actual);
        }
    }

    [Theory]
    [InlineData("1H", 3600)]
    [InlineData("2M", 120)]
    [InlineData("3S", 3)]
    [InlineData("4000m", 4)]
    [InlineData("5000000u", 5)]
    public void TryParse_EachUnit_GivesSeconds(string text, double seconds)
    {
        Assert.True(GrpcTimeout.TryParse(text, out var timeout));
        Assert.Equal(seconds, timeout.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("5")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData(" 1S")]
    [InlineData("1.5S")]
    [InlineData("123456789S")]
    [InlineData("1s")]
    [InlineData("1x")]
    [InlineData(null)]
    public void TryParse_Malformed_IsFalse(string? text) => Assert.False(GrpcTimeout.TryParse(text, out _));

    [Fact]
    public void TryParse_LargestHours_SaturatesInsteadOfOverflowing()
    {
        Assert.True(GrpcTimeout.TryParse("99999999H", out var timeout));
        Assert.True(timeout > TimeSpan.FromDays(365 * 1000));
    }
}
