using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Tests.Wire;

public class BinaryValueTests
{
    [Theory]
    [InlineData("", new byte[0])]
    [InlineData("AA", new byte[] { 0 })]
    [InlineData("AA==", new byte[] { 0 })]
    [InlineData("AAE", new byte[] { 0, 1 })]
    [InlineData("/+8", new byte[] { 255, 239 })]
    public void TryDecode_WithOrWithoutPadding_GivesBytes(string text, byte[] expected)
    {
        Assert.True(BinaryValue.TryDecode(text, out var bytes));
        Assert.Equal(expected, bytes);
        Assert.Equal(text.TrimEnd('='), BinaryValue.Encode(bytes));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("!!!!")]
    [InlineData("AA=A")]
    public void TryDecode_NoBase64_IsFalse(string text) => Assert.False(BinaryValue.TryDecode(text, out _));

    [Fact]
    public void TryAdd_JoinedValues_AreSplitAtCommas()
    {
        var metadata = new Metadata();
        Assert.True(MetadataHeaders.TryAdd(metadata, "x-bin", "AA,AQ== , Ag"));
        Assert.Equal([0, 1, 2], metadata.GetAll("x-bin").Select(entry => entry.ValueBytes.Single()));
    }
}
