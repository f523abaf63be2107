using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Tests.Fields;

/// <summary>Rules of server-side apply that ownership alone decides.</summary>
public sealed class ApplyRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly KindDefinition ConfigMap = BuiltInKinds.Find("", "v1", "ConfigMap")!;

    [Fact]
    public void Apply_ConflictsWithOneManagerTwice_SubresourceComesFirst()
    {
        var live = Read("""
            {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm","managedFields":[
             {"manager":"bob","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:a":{}}}},
             {"manager":"bob","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:b":{}}},"subresource":"status"}]},
             "data":{"a":"1","b":"1"}}
            """);

        var result = Apply(live, "alice", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm"},"data":{"a":"2","b":"2"}}""");

        Assert.Equal(
            "Apply failed with 2 conflicts: conflicts with \"bob\" with subresource \"status\" using v1:\n- .data.b\nconflicts with \"bob\" using v1:\n- .data.a",
            result.Message);
    }

    [Theory]
    [InlineData("""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"cm"}}""", "invalid object type: /v1, Kind=Secret")]
    [InlineData("""{"apiVersion":"v2","kind":"ConfigMap","metadata":{"name":"cm"}}""", "invalid object type: /v2, Kind=ConfigMap")]
    [InlineData("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm","managedFields":[]}}""", "metadata.managedFields must be nil")]
    public void Apply_OfWhatIsNotThisKind_BadRequest(string body, string message)
    {
        var result = Apply(null, "alice", body);

        Assert.Equal((400, message), (result.Status, result.Message));
    }

    [Fact]
    public void Apply_ManagedFieldsOfAWrongType_JudgedByTheSchema()
    {
        var result = Apply(null, "alice", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm","managedFields":"x"}}""");

        Assert.Equal(500, result.Status);
        Assert.StartsWith("failed to create typed patch object (/cm; /v1, Kind=ConfigMap): .metadata.managedFields: expected list", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_ByKubectlWithItsOwnAnnotation_AnnotationDoesNotHoldItself()
    {
        const string annotation = "kubectl.kubernetes.io/last-applied-configuration";
        var live = Read("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}"}},"data":{"a":"1"}}""");
        var result = Apply(live, "kubectl", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}","x":"y"}}}""");

        Assert.True(result.Succeeded, result.Message);
        Assert.Equal(
            """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"annotations":{"x":"y"},"name":"cm"}}""" + "\n",
            result.Object.Map("metadata").Map("annotations").Text(annotation));
    }

    [Fact]
    public void Apply_ByKubectlToAnEmptyAnnotation_LeavesItEmpty()
    {
        var live = Read("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm","annotations":{"kubectl.kubernetes.io/last-applied-configuration":""}},"data":{"a":"1"}}""");
        var result = Apply(live, "kubectl", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm"}}""");

        Assert.Equal("", result.Object.Map("metadata").Map("annotations").Text("kubectl.kubernetes.io/last-applied-configuration"));
    }

    [Fact]
    public void ToParent_OwnerKeptThroughTheScale_KeepsItsOtherFieldsToo()
    {
        var parent = Read("""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"managedFields":[
             {"manager":"bob","operation":"Update","apiVersion":"apps/v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:paused":{},"f:replicas":{}}}}]}}
            """);
        var replicas = FieldPath.Of("spec", "replicas");

        ScaleFields.ToParent(parent, ScaleFields.ToScale(parent, replicas), "apps/v1", replicas);

        var entries = parent.Map("metadata").List("managedFields")!.Select(e => $"{e!["time"] is null} {e["apiVersion"]} {e["fieldsV1"]!.ToJsonString()}");
        Assert.Equal(["True apps/v1 {\"f:spec\":{\"f:replicas\":{}}}", "False apps/v1 {\"f:spec\":{\"f:paused\":{}}}"], entries);
    }

    private static JsonObject Read(string json) => (JsonObject)JsonNode.Parse(json)!;

    private static ApplyResult Apply(JsonObject? live, string manager, string body) =>
        ManagedFields.Apply(ConfigMap.Write(manager, "", Now), live, Read(body), false);
}
