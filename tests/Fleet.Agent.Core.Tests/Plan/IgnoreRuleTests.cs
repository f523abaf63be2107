using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Core.Tests.Plan;

public sealed class IgnoreRuleTests
{
    private const string Spec = """{"replicas":7,"paused":true,"containers":[{"name":"a","image":"x","ports":[{"containerPort":80,"protocol":"TCP"},{"containerPort":90,"protocol":"TCP"}]},{"name":"b","image":"y"}]}""";
    private const string Owned = """{"f:spec":{"f:replicas":{},"f:selector":{},"f:containers":{"k:{\"name\":\"a\"}":{".":{},"f:name":{},"f:image":{}},"k:{\"name\":\"b\"}":{".":{},"f:name":{},"f:image":{}}}}}""";

    private static KubeObject Live(string released = "") => Kube.Of($$"""{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","namespace":"n","resourceVersion":"5","annotations":{"a/b":"1","c":"2"},"managedFields":[{{(released.Length == 0 ? "" : $"{{\"manager\":\"fleet-agent-released\",\"operation\":\"Apply\",\"apiVersion\":\"apps/v1\",\"fieldsV1\":{released}}}")}}]},"spec":{{Spec}}}""");

    private static IgnoreRule[] Rules(params string[] fields) => [new("apps", "Deployment", "", "", fields), new("", "Service", "", "", ["/spec"])];

    private static JsonObject Set(string json) => (JsonObject)JsonNode.Parse(json)!;

    [Theory]
    [InlineData("/spec/replicas", "replicas")]
    [InlineData("/metadata/annotations/a~1b", "a/b")]
    [InlineData("/spec/containers[name=a]/image", "\"image\":\"x\"")]
    [InlineData("/spec/containers[name=\"b\"]/image", "\"image\":\"y\"")]
    [InlineData("/spec/containers[name=a]/ports[containerPort=80,protocol=TCP]", "80")]
    [InlineData("/spec/containers[name=b]", "\"b\"")]
    public void Strip_Field_IsTakenOutAndNothingElse(string field, string gone)
    {
        var o = Live();
        var before = o.Json.ToJsonString();
        Assert.Contains(gone, before);
        Assert.Null(IgnoreRule.Strip(Rules(field), o));
        var after = o.Json.ToJsonString();
        Assert.DoesNotContain(gone, after);
        Assert.InRange(after.Length, before.Length - 60, before.Length - 1);
    }

    [Fact]
    public void Strip_EveryItem_IsMeantByAStar()
    {
        var o = Live();
        Assert.Null(IgnoreRule.Strip(Rules("/spec/containers/*/image"), o));
        Assert.DoesNotContain("image", o.Json.ToJsonString());
    }

    [Theory]
    [InlineData("/kind")]
    [InlineData("/metadata")]
    [InlineData("/metadata/name")]
    [InlineData("/none/x")]
    [InlineData("/spec/containers[name=z]/image")]
    [InlineData("/spec/replicas/x")]
    public void Strip_IdentityOrNothing_IsLeft(string field)
    {
        var o = Live();
        Assert.Null(IgnoreRule.Strip(Rules(field), o));
        Assert.Equal(Live().Json.ToJsonString(), o.Json.ToJsonString());
    }

    [Theory]
    [InlineData("/spec/containers/0/image", "Write /spec/containers[name=a]/image")]
    [InlineData("/spec/containers/-", "Write /spec/containers[KEY=VALUE]")]
    [InlineData("/spec/containers[name=a]/ports/1/containerPort", "Write /spec/containers[name=a]/ports[KEY=VALUE]/containerPort")]
    [InlineData("spec.replicas", "is no field")]
    [InlineData("/spec/containers[name=a", "is no field")]
    [InlineData("/spec/containers[]/image", "is no field")]
    [InlineData("/spec/containers[name=a]image", "is no field")]
    public void Strip_RuleThatCannotBeFollowed_IsSaid(string field, string words) => Assert.Contains(words, IgnoreRule.Strip(Rules(field), Live()));

    [Theory]
    [InlineData("/spec/replicas", """{"replicas":7}""")]
    [InlineData("/spec/paused", null)]
    [InlineData("/spec/containers[name=a]/image", """{"containers":[{"name":"a","image":"x"}]}""")]
    [InlineData("/spec/containers/*/image", """{"containers":[{"name":"a","image":"x"},{"name":"b","image":"y"}]}""")]
    [InlineData("/spec/containers[name=a]/ports", null)]
    [InlineData("/spec/containers[image=y]", """{"containers":[{"name":"b","image":"y"}]}""")]
    public void Release_WhatWeOwn_CarriesItsLiveValue(string field, string? spec)
    {
        var body = IgnoreRule.Release(Rules(field), Live(), Set(Owned));
        Assert.True(JsonSemantics.Same(spec is null ? null : JsonNode.Parse(spec), body?.Spec), body?.Json.ToJsonString());
        if (body is null) return;
        Assert.Equal(("d", "n", "5", "apps/v1"), (body.Name, body.Namespace, body.ResourceVersion, body.ApiVersion));
    }

    [Fact]
    public void Release_WhatIsHeldAlready_IsSaidAgain()
    {
        var body = IgnoreRule.Release(Rules("/spec/replicas", "/spec/containers[name=a]/image"), Live("""{"f:spec":{"f:replicas":{}}}"""), Set("""{"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{".":{},"f:name":{},"f:image":{}}}}}"""));
        Assert.True(JsonSemantics.Same(JsonNode.Parse("""{"replicas":7,"containers":[{"name":"a","image":"x"}]}"""), body!.Spec), body.Json.ToJsonString());
    }

    [Fact]
    public void GiveBack_RuleGone_TheRestStays()
    {
        const string held = """{"f:spec":{"f:replicas":{},"f:containers":{"k:{\"name\":\"a\"}":{".":{},"f:name":{},"f:image":{}}}}}""";
        Assert.Null(IgnoreRule.GiveBack(Rules("/spec/replicas", "/spec/containers[name=a]/image"), Live(held)));
        Assert.Null(IgnoreRule.GiveBack(Rules("/spec/replicas"), Live()));
        Assert.True(JsonSemantics.Same(JsonNode.Parse("""{"replicas":7}"""), IgnoreRule.GiveBack(Rules("/spec/replicas"), Live(held))!.Spec));
        Assert.Null(IgnoreRule.GiveBack([], Live(held))!.Spec);
    }

    [Theory]
    [InlineData("/spec/selector/matchLabels", "/spec/selector")]
    [InlineData("/spec/replicas", null)]
    [InlineData("/spec/containers[name=a]/image", null)]
    [InlineData("/spec/none/x", null)]
    public void Problem_InsideOneValue_NamesTheWhole(string field, string? whole)
    {
        var problem = IgnoreRule.Problem(Rules(field), Live().Key, OwnedFields.Of(JsonDocument.Parse(Owned).RootElement));
        if (whole is null) Assert.Null(problem);
        else Assert.Contains($"Ignore {whole} as a whole", problem);
    }
}
