using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Tests.Schema;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("1000m", "1")]
    [InlineData("1500m", "1500m")]
    [InlineData("1024Mi", "1Gi")]
    [InlineData("1536Mi", "1536Mi")]
    [InlineData("0.5", "500m")]
    [InlineData("1", "1")]
    [InlineData("1000", "1k")]
    [InlineData("0", "0")]
    [InlineData("0Gi", "0")]
    [InlineData("2e3", "2e3")]
    [InlineData("1.5Gi", "1536Mi")]
    [InlineData("128974848", "128974848")]
    [InlineData("-1", "-1")]
    [InlineData("512Ki", "512Ki")]
    [InlineData("0.1Mi", "104857600m")]
    public void Canonical_Quantity_IsAsTheServerWritesIt(string text, string canonical) =>
        Assert.Equal(canonical, Quantity.Canonical(text));

    [Theory]
    [InlineData("")]
    [InlineData("1Q")]
    [InlineData("Mi")]
    [InlineData("1.2.3")]
    [InlineData("ten")]
    public void Canonical_NoQuantity_IsNull(string text) => Assert.Null(Quantity.Canonical(text));
}
