using System.Text.Json.Nodes;
using Fleet.KubeSim.Patches;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Tests.Patches;

public sealed class PatchTests
{
    private static readonly TypeSchema Deployment = TypeTable.Type("apps/v1.Deployment");

    [Theory]
    [InlineData("""{"a":{"b":1}}""", """{"a":{"b":null,"c":2}}""", """{"a":{"c":2}}""")]
    [InlineData("""{"a":[1]}""", """{"a":{"x":1}}""", """{"a":{"x":1}}""")]
    [InlineData("""{"b":1}""", """{"a":{"x":null}}""", """{"a":{},"b":1}""")]
    public void Merge_Patch_IsRfc7386(string target, string patch, string expected) =>
        AssertJson(expected, MergePatch.Apply(Object(target), JsonNode.Parse(patch)));

    [Theory]
    [InlineData("""[{"op":"add","path":"/a/-","value":2}]""", """{"a":[1,2]}""")]
    [InlineData("""[{"op":"add","path":"/a/0","value":0}]""", """{"a":[0,1]}""")]
    [InlineData("""[{"op":"replace","path":"/a","value":{"x/y":1}},{"op":"remove","path":"/a/x~1y"}]""", """{"a":{}}""")]
    [InlineData("""[{"op":"test","path":"/a/0","value":1},{"op":"copy","from":"/a/0","path":"/b"}]""", """{"a":[1],"b":1}""")]
    [InlineData("""[{"op":"move","from":"/a","path":"/b"}]""", """{"b":[1]}""")]
    public void Json_Patch_IsRfc6902(string patch, string expected) =>
        AssertJson(expected, JsonPatch.Apply(Object("""{"a":[1]}"""), JsonNode.Parse(patch)));

    [Theory]
    [InlineData("""[{"op":"remove","path":"/a/-1"}]""", """{"a":[]}""")]
    [InlineData("""[{"op":"add","path":"/b"}]""", """{"a":[1],"b":null}""")]
    [InlineData("""[{"op":"test","path":"/b","value":null},{"op":"add","path":"/a/-1","value":2}]""", """{"a":[1,2]}""")]
    public void Json_Patch_HasTheLibrarysLiberties(string patch, string expected) =>
        AssertJson(expected, JsonPatch.Apply(Object("""{"a":[1]}"""), JsonNode.Parse(patch)));

    [Theory]
    // apimachinery/pkg/util/strategicpatch/patch.go: what is new is taken without nulls and directives
    [InlineData("""{}""", """{"metadata":{"annotations":{"$patch":"replace","a":"b"}}}""", """{"metadata":{}}""")]
    [InlineData("""{"metadata":{"annotations":{"x":"y"}}}""", """{"metadata":{"annotations":{"$patch":"replace","a":"b"}}}""", """{"metadata":{"annotations":{"a":"b"}}}""")]
    [InlineData("""{}""", """{"metadata":{"labels":{"a":null,"b":"c"}}}""", """{"metadata":{"labels":{"b":"c"}}}""")]
    public void Strategic_NewParts_ComeWithoutDirectives(string target, string patch, string expected) =>
        AssertJson(expected, StrategicPatch.Apply(Deployment, Object(target), JsonNode.Parse(patch)));

    [Theory]
    [InlineData("""{"spec":{"template":{"spec":{"containers":[{"image":"x"}]}}}}""", "map: map[image:x] does not contain declared merge key: name")]
    [InlineData("""{"spec":{"template":{"$patch":"mend"}}}""", "unknown patch type: mend in map: map[$patch:mend]")]
    public void Strategic_PatchThatTheLibraryRefuses_IsPassedOn(string patch, string message)
    {
        var result = StrategicPatch.Apply(Deployment, Object("""{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"i"}]}}}}"""), JsonNode.Parse(patch));

        Assert.Equal((500, message), (result.Status, result.Message));
    }

    [Theory]
    [InlineData("""[{"op":"zap","path":"/a"}]""", 422)]
    [InlineData("""[{"op":"remove","path":"/none"}]""", 422)]
    [InlineData("""[{"op":"replace","path":"/none","value":1}]""", 422)]
    [InlineData("""[{"op":"test","path":"/a/0","value":2}]""", 422)]
    [InlineData("""[{"op":"add","path":"/a/7","value":2}]""", 422)]
    [InlineData("{}", 400)]
    public void Json_BadPatch_ChangesNothing(string patch, int status)
    {
        var target = Object("""{"a":[1]}""");
        var result = JsonPatch.Apply(target, JsonNode.Parse(patch));

        Assert.Equal(status, result.Status);
        Assert.Equal("""{"a":[1]}""", target.ToJsonString());
    }

    [Theory]
    [InlineData("""[{"name":"a","image":"2"}]""", """[{"name":"a","image":"2"},{"name":"b","image":"1"}]""")]
    [InlineData("""[{"name":"c","image":"1"}]""", """[{"name":"c","image":"1"},{"name":"a","image":"1"},{"name":"b","image":"1"}]""")]
    [InlineData("""[{"name":"a","$patch":"delete"}]""", """[{"name":"b","image":"1"}]""")]
    [InlineData("""[{"$patch":"replace"},{"name":"z","image":"9"}]""", """[{"name":"z","image":"9"}]""")]
    public void Strategic_ListOfContainers_MergesByName(string patch, string expected)
    {
        const string live = """{"spec":{"template":{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}}}}""";
        var result = StrategicPatch.Apply(Deployment, Object(live), JsonNode.Parse("""{"spec":{"template":{"spec":{"containers":LIST}}}}""".Replace("LIST", patch, StringComparison.Ordinal)));

        Assert.Equal(expected, result.Value!["spec"]!["template"]!["spec"]!["containers"]!.ToJsonString());
    }

    [Fact]
    public void Strategic_SetElementOrder_OrdersTheList()
    {
        const string live = """{"spec":{"template":{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}}}""";
        const string patch = """{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"b","image":"2"}]}}}}""";

        Assert.Equal("""[{"name":"b","image":"2"},{"name":"a"}]""",
            StrategicPatch.Apply(Deployment, Object(live), JsonNode.Parse(patch)).Value!["spec"]!["template"]!["spec"]!["containers"]!.ToJsonString());
    }

    [Fact]
    public void Strategic_PrimitiveListAndRetainKeys_FollowTheirDirectives()
    {
        const string live = """{"metadata":{"finalizers":["a/b","c/d"]},"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}}""";
        const string patch = """{"metadata":{"$deleteFromPrimitiveList/finalizers":["a/b"],"finalizers":["e/f"]},"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}""";
        var value = StrategicPatch.Apply(Deployment, Object(live), JsonNode.Parse(patch)).Value!;

        Assert.Equal("""{"type":"Recreate"}""", value["spec"]!["strategy"]!.ToJsonString());
        Assert.Equal(["c/d", "e/f"], value["metadata"]!["finalizers"]!.AsArray().Select(f => f!.GetValue<string>()).Order());
    }

    private static JsonObject Object(string json) => (JsonObject)JsonNode.Parse(json)!;

    private static void AssertJson(string expected, PatchResult result) =>
        Assert.True(result.Succeeded && Json.Equal(JsonNode.Parse(expected), result.Value), result.Message ?? result.Value!.ToJsonString());
}
