using System.Text;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Tests.Schema;

public sealed class GoDecoderTests
{
    [Fact]
    public void Decode_UnknownFields_AreReportedWithTheirPathsAndDropped()
    {
        var (item, report) = Decode("apps", "Deployment", """{"spec":{"template":{"spec":{"containers":[{"name":"c","imagePulPolicy":"x","env":[{"name":"A","valu":"1"}]}]}},"replica":1}}""");

        Assert.Equal(
            ["unknown field \"spec.template.spec.containers[0].imagePulPolicy\"", "unknown field \"spec.template.spec.containers[0].env[0].valu\"", "unknown field \"spec.replica\""],
            report.StrictErrors);
        Assert.Null(item["spec"]!["replica"]);
    }

    [Theory]
    [InlineData("apps", "Deployment", """{"spec":{"replicas":"two"}}""", "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32")]
    [InlineData("", "ConfigMap", """{"data":{"a":1}}""", "json: cannot unmarshal number into Go struct field ConfigMap.data of type string")]
    [InlineData("", "ConfigMap", """{"data":[]}""", "json: cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string")]
    [InlineData("apps", "Deployment", """{"spec":{"replicas":3000000000}}""", "json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32")]
    [InlineData("", "Secret", """{"data":{"a":"not base64!"}}""", "illegal base64 data at input byte 3")]
    public void Decode_WrongType_IsWordedAsGoDoes(string group, string kind, string body, string error) =>
        Assert.Equal(error, Decode(group, kind, body).Report.TypeError);

    [Fact]
    public void Decode_NullsAndEmpties_Vanish()
    {
        var (item, _) = Decode("", "ConfigMap", """{"metadata":{"name":"c","labels":{},"annotations":null},"data":{"a":null}}""");

        Assert.Equal("""{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c"},"data":{"a":""}}""", item.ToJsonString());
    }

    [Fact]
    public void Parse_DuplicateKeys_AreReportedAndMapsMerge()
    {
        var report = new DecodeReport();
        var node = StrictJson.Parse(Encoding.UTF8.GetBytes("""{"data":{"a":"1","a":"2"},"data":{"b":"3"}}"""), report);

        Assert.Equal(["duplicate field \"data.a\"", "duplicate field \"data\""], report.StrictErrors);
        Assert.True(Json.Equal(JsonNode.Parse("""{"data":{"a":"2","b":"3"}}"""), node));
    }

    private static (JsonObject Item, DecodeReport Report) Decode(string group, string kind, string body)
    {
        var report = new DecodeReport();
        return (BuiltInKinds.Find(group, "v1", kind)!.Decode((JsonObject)JsonNode.Parse(body)!, report), report);
    }
}
