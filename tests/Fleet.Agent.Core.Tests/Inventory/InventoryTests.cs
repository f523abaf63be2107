using System.Text;
using System.Text.Json;
using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Tests.Inventory;

public sealed class InventoryTests
{
    private static readonly ObjectKey Key = new("apps", "Deployment", "ns", "d");

    private static InventoryEntry Entry(string name) => new()
    {
        Key = Key with { Name = name },
        ApiVersion = "apps/v1",
        Uid = "u-" + name,
        RenderedHash = "h",
        ValuesHash = "v",
        Fields = OwnedFields.Of(JsonDocument.Parse("""{"f:spec":{"f:replicas":{},"f:template":{"f:x":{"?":{}}}}}""").RootElement),
        JobDone = true,
        Adopted = true,
        PruneNever = true,
        Replacing = "u0",
    };

    [Fact]
    public void Json_WrittenAndRead_IsTheSame()
    {
        var state = InventoryState.Of("a", Entry("x"), Entry("y"), new InventoryEntry { Key = new("", "Namespace", "", "n"), ApiVersion = "v1" });
        var read = InventoryJson.Read(InventoryJson.Write(state));
        Assert.Equal("a", read.AssignmentUid);
        Assert.Equal(3, read.Count);
        var x = read.Find(Key with { Name = "x" })!;
        Assert.Equal(Entry("x") with { Fields = OwnedFields.None }, x with { Fields = OwnedFields.None });
        Assert.Equal(Encoding.UTF8.GetString(Entry("x").Fields.Utf8.Span), Encoding.UTF8.GetString(x.Fields.Utf8.Span));
        Assert.True(read.Find(new("", "Namespace", "", "n"))!.IsIntent);
        Assert.Equal(InventoryJson.Write(state), InventoryJson.Write(read));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"v":99,"e":[]}""")]
    public void Json_DamagedOrNewer_IsNeverTakenForEmpty(string text) => Assert.Throws<InventoryFormatException>(() => InventoryJson.Read(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Chunks_PackedAndUnpacked_AreTheSame()
    {
        var state = InventoryState.Of("a", Enumerable.Range(0, 500).Select(i => Entry($"o{i}")));
        var bytes = InventoryJson.Write(state);
        var chunks = InventoryChunks.Pack(bytes, 1024);
        Assert.True(chunks.Count > 1);
        Assert.All(chunks, c => Assert.True(c.Length <= 1024));
        Assert.Equal(bytes, InventoryChunks.Unpack(chunks));
        Assert.Throws<InventoryFormatException>(() => InventoryChunks.Unpack([[1, 2, 3]]));
        // 500 objects are far from what a Secret holds.
        Assert.Single(InventoryChunks.Pack(bytes));
    }

    [Fact]
    public void Intend_NewAndOld_OnlyNewBecomesAnIntent()
    {
        var state = InventoryState.Of("a", Entry("x"));
        var next = state.Intend([(Key with { Name = "x" }, "apps/v1"), (Key with { Name = "new" }, "apps/v1")]);
        Assert.Equal(1, state.Count);
        Assert.False(next.Find(Key with { Name = "x" })!.IsIntent);
        Assert.True(next.Find(Key with { Name = "new" })!.IsIntent);
        Assert.Same(next, next.Intend([(Key with { Name = "x" }, "apps/v1")]));
        Assert.Equal(1, next.Without(Key with { Name = "new" }).Count);
    }
}
