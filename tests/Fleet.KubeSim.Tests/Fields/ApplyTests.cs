using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Tests.Fields;

public sealed class ApplyTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly KindDefinition ConfigMap = BuiltInKinds.Find("", "v1", "ConfigMap")!;
    private static readonly KindDefinition Deployment = BuiltInKinds.Find("apps", "v1", "Deployment")!;

    [Fact]
    public void Apply_ToNothing_OwnsWhatIsApplied()
    {
        var result = Apply(ConfigMap, null, "alice", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm"},"data":{"a":"1"}}""");

        Assert.True(result.Succeeded, result.Message);
        AssertFields(result.Object!, "alice", """{"f:data":{"f:a":{}}}""");
    }

    [Fact]
    public void Apply_FieldGivenUp_IsRemoved()
    {
        var live = Apply(ConfigMap, null, "alice", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm"},"data":{"a":"1","b":"2"}}""").Object;
        var result = Apply(ConfigMap, live, "alice", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm"},"data":{"a":"1"}}""");

        Assert.True(Json.Equal(JsonNode.Parse("""{"a":"1"}"""), result.Object!["data"]));
    }

    [Fact]
    public void Apply_FieldGivenUpButCoOwned_Stays()
    {
        const string body = """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm"},"data":{"a":"1"}}""";
        var live = Apply(ConfigMap, null, "alice", body).Object;
        live = Apply(ConfigMap, live, "bob", body).Object;
        var result = Apply(ConfigMap, live, "alice", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm"}}""");

        Assert.Equal("1", result.Object!["data"]!["a"]!.GetValue<string>());
        AssertFields(result.Object, "bob", """{"f:data":{"f:a":{}}}""");
    }

    [Fact]
    public void Apply_AnotherOwnersValue_Conflicts()
    {
        var live = Apply(ConfigMap, null, "alice", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm"},"data":{"a":"1"}}""").Object;
        var result = Apply(ConfigMap, live, "bob", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm"},"data":{"a":"2"}}""");

        Assert.Equal(409, result.Status);
        Assert.Equal("Apply failed with 1 conflict: conflict with \"alice\": .data.a", result.Message);
        Assert.Equal(new FieldConflict("\"alice\"", ".data.a"), Assert.Single(result.Conflicts));
    }

    [Fact]
    public void Apply_Forced_TakesOwnership()
    {
        var live = Apply(ConfigMap, null, "alice", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm"},"data":{"a":"1","b":"1"}}""").Object;
        var result = Apply(ConfigMap, live, "bob", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm"},"data":{"a":"2"}}""", force: true);

        AssertFields(result.Object!, "alice", """{"f:data":{"f:b":{}}}""");
        AssertFields(result.Object!, "bob", """{"f:data":{"f:a":{}}}""");
    }

    [Fact]
    public void Apply_ListMapWithoutProtocol_KeysByDefault()
    {
        var result = Apply(Deployment, null, "alice", Workload("""{"name":"c","image":"nginx:1","ports":[{"containerPort":80}]}"""));

        Assert.True(result.Succeeded, result.Message);
        var containers = Fields(result.Object!, "alice")["f:spec"]!["f:template"]!["f:spec"]!["f:containers"]!;
        Assert.True(Json.Equal(
            JsonNode.Parse("""{"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:name":{},"f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}}}"""),
            containers), containers.ToJsonString());
    }

    [Theory]
    [InlineData("""{"name":"c","imagePulPolicy":"x"}""", ".spec.template.spec.containers[name=\"c\"].imagePulPolicy: field not declared in schema")]
    [InlineData("""{"name":"c","ports":[{"containerPort":80},{"containerPort":80,"protocol":"TCP"}]}""", ".spec.template.spec.containers[name=\"c\"].ports: duplicate entries for key [containerPort=80,protocol=\"TCP\"]")]
    [InlineData("""{"name":"c","image":1}""", ".spec.template.spec.containers[name=\"c\"].image: expected string, got &value.valueUnstructured{Value:1}")]
    public void Apply_AgainstTheSchema_Is500(string container, string message)
    {
        var result = Apply(Deployment, null, "alice", Workload(container));

        Assert.Equal(500, result.Status);
        Assert.Equal($"failed to create typed patch object (/d; apps/v1, Kind=Deployment): {message}", result.Message);
    }

    [Fact]
    public void Apply_Again_ChangesNothingButKeepsTimes()
    {
        var body = Workload("""{"name":"c","image":"nginx:1","resources":{"limits":{"memory":"1024Mi","cpu":1}}}""");
        var live = Apply(Deployment, null, "alice", body).Object!;
        var again = ManagedFields.Apply(Deployment.Write("alice", "", Now.AddMinutes(1)), live, (JsonObject)JsonNode.Parse(body)!, false).Object!;
        ManagedFields.KeepTimesIfUnchanged(live, again);

        Assert.True(Json.Equal(live, again), again.ToJsonString());
    }

    [Fact]
    public void Apply_ToUntracked_ConflictsWithBeforeFirstApply()
    {
        var live = (JsonObject)JsonNode.Parse("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm","uid":"u"},"data":{"a":"1"}}""")!;
        var result = Apply(ConfigMap, live, "alice", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm"},"data":{"a":"2"}}""");

        Assert.Equal("Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .data.a", result.Message);
    }

    private static string Workload(string container) =>
        """{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"d"}},"template":{"metadata":{"labels":{"a":"d"}},"spec":{"containers":[CONTAINER]}}}}"""
            .Replace("CONTAINER", container, StringComparison.Ordinal);

    private static ApplyResult Apply(KindDefinition kind, JsonObject? live, string manager, string body, bool force = false) =>
        ManagedFields.Apply(kind.Write(manager, "", Now), live, (JsonObject)JsonNode.Parse(body)!, force);

    private static JsonNode Fields(JsonObject item, string manager) =>
        item["metadata"]!["managedFields"]!.AsArray().Single(e => e!["manager"]!.GetValue<string>() == manager)!["fieldsV1"]!;

    private static void AssertFields(JsonObject item, string manager, string fields) =>
        Assert.True(Json.Equal(JsonNode.Parse(fields), Fields(item, manager)), item.ToJsonString());
}
