using Grpc.Wire;

namespace Grpc.Tests.Wire;

public class PercentEncodingTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain text ~", "plain text ~")]
    [InlineData("100%", "100%25")]
    [InlineData("a\nb", "a%0Ab")]
    [InlineData("ü", "%C3%BC")]
    [InlineData("\t\u007f", "%09%7F")]
    [InlineData("😀", "%F0%9F%98%80")]
    public void Encode_Text_RoundTrips(string text, string expected)
    {
        Assert.Equal(expected, PercentEncoding.Encode(text));
        Assert.Equal(text, PercentEncoding.Decode(expected));
    }

    [Theory]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz!", "%zz!")]
    [InlineData("%c3%bc", "ü")]
    [InlineData("100% sure", "100% sure")]
    [InlineData("%FF", "\ufffd")]
    public void Decode_Malformed_KeepsWhatItCannotRead(string text, string expected) =>
        Assert.Equal(expected, PercentEncoding.Decode(text));
}
