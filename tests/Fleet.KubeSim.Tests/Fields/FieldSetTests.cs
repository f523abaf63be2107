using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Tests.Fields;

public sealed class FieldSetTests
{
    private const string Left = """{"f:a":{},"f:b":{".":{},"f:x":{}},"f:l":{"k:{\"name\":\"c\"}":{".":{},"f:image":{}},"v:1":{}}}""";
    private const string Right = """{"f:b":{"f:x":{},"f:y":{}},"f:l":{"k:{\"name\":\"c\"}":{".":{}}}}""";

    [Fact]
    public void Parse_FieldsV1_RoundTrips() => AssertSet(Left, Parse(Left));

    [Theory]
    [InlineData("union", """{"f:a":{},"f:b":{".":{},"f:x":{},"f:y":{}},"f:l":{"k:{\"name\":\"c\"}":{".":{},"f:image":{}},"v:1":{}}}""")]
    [InlineData("intersection", """{"f:b":{"f:x":{}},"f:l":{"k:{\"name\":\"c\"}":{}}}""")]
    [InlineData("difference", """{"f:a":{},"f:b":{},"f:l":{"k:{\"name\":\"c\"}":{"f:image":{}},"v:1":{}}}""")]
    [InlineData("recursive", """{"f:a":{},"f:b":{},"f:l":{"v:1":{}}}""")]
    public void Combine_TwoSets_IsPathByPath(string how, string expected)
    {
        var (left, right) = (Parse(Left), Parse(Right));
        AssertSet(expected, how switch
        {
            "union" => left.Union(right),
            "intersection" => left.Intersection(right),
            "difference" => left.Difference(right),
            _ => left.RecursiveDifference(right),
        });
        AssertSet(Left, left);
    }

    [Fact]
    public void Paths_OfSet_AreWrittenAsInConflicts() => Assert.Equal(
        [".a", ".b", ".b.x", ".l[name=\"c\"]", ".l[=1]", ".l[name=\"c\"].image"],
        Parse(Left).Paths().Select(p => p.ToString()));

    [Theory]
    [InlineData("""{"a":{}}""")]
    [InlineData("""{"k:{":{}}""")]
    [InlineData("""{"f:a":1}""")]
    [InlineData("[]")]
    public void Parse_Malformed_IsNull(string fields) => Assert.Null(FieldSet.Parse(JsonNode.Parse(fields)));

    private static FieldSet Parse(string fields) => FieldSet.Parse(JsonNode.Parse(fields))!;

    private static void AssertSet(string expected, FieldSet set) =>
        Assert.True(Json.Equal(JsonNode.Parse(expected), set.ToJson()), set.ToJson().ToJsonString());
}
