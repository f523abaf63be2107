using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Tests.Objects;

public sealed class ObjectTests
{
    [Theory]
    [InlineData("1", "1.0", true)]
    [InlineData("1", "1e0", true)]
    [InlineData("9007199254740993", "9007199254740992", false)]
    [InlineData("18446744073709551615", "18446744073709551615", true)]
    [InlineData("18446744073709551615", "18446744073709551614", false)]
    [InlineData("0.1", "0.10", true)]
    [InlineData("{\"a\":1,\"b\":null}", "{\"b\":null,\"a\":1}", true)]
    [InlineData("{\"a\":null}", "{}", false)]
    [InlineData("[1,2]", "[2,1]", false)]
    [InlineData("\"1\"", "1", false)]
    [InlineData("true", "false", false)]
    public void Same_Values_CompareByMeaningAndHashAlike(string a, string b, bool same)
    {
        var (x, y) = (JsonNode.Parse(a), JsonNode.Parse(b));
        Assert.Equal(same, JsonSemantics.Same(x, y));
        Assert.Equal(same, CanonicalJson.Hash(x) == CanonicalJson.Hash(y));
    }

    [Fact]
    public void Canonical_OwnNumbers_HashAsParsedOnes() =>
        Assert.Equal(CanonicalJson.Hash(JsonNode.Parse("[1,2,3.5,4]")), CanonicalJson.Hash(new JsonArray(1, 2L, 3.5, 4UL)));

    [Fact]
    public void Canonical_Escapes_AreOneForm() =>
        Assert.Equal(CanonicalJson.Text(JsonNode.Parse("\"\\u00e4\\/<\"")), CanonicalJson.Text(JsonValue.Create("ä/<")));

    [Theory]
    [InlineData("v1", "Pod", "", "v1")]
    [InlineData("apps/v1", "Deployment", "apps", "v1")]
    public void GroupVersionKind_Of_Splits(string apiVersion, string kind, string group, string version)
    {
        var gvk = GroupVersionKind.Of(apiVersion, kind);
        Assert.Equal((group, version, apiVersion), (gvk.Group, gvk.Version, gvk.ApiVersion));
    }

    [Fact]
    public void KubeObject_WrongShapes_ReadAsAbsent()
    {
        var o = Kube.Of("""{"apiVersion":5,"kind":["x"],"metadata":"m","spec":1}""");
        Assert.Equal(("", "", "", 0), (o.ApiVersion, o.Name, o.Kind, o.Finalizers.Count));
        Assert.Null(o.Generation);
        Assert.Null(o.Spec);
        Assert.Equal("Deployment.apps shop/web", new ObjectKey("apps", "Deployment", "shop", "web").ToString());
        Assert.Equal("Namespace shop", new ObjectKey("", "Namespace", "", "shop").ToString());
    }
}
