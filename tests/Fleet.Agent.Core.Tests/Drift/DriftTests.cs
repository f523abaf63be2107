using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Tests.Drift;

public sealed class DriftTests
{
    private const string OurFields = """
        {"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{"f:replicas":{},"f:selector":{},"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{".":{},"f:image":{},"f:name":{},"f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:protocol":{}}}},"k:{\"name\":\"b\"}":{".":{},"f:image":{},"f:name":{}}},"f:securityContext":{},"f:tolerations":{}}}}}
        """;

    private static KubeObject Live(string spec, string others = "") => Kube.Of($$$"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","namespace":"ns","resourceVersion":"1","labels":{"app":"d"},
          "managedFields":[{"manager":"fleet-agent","operation":"Apply","apiVersion":"apps/v1","fieldsType":"FieldsV1","fieldsV1":{{{OurFields}}}}{{{others}}}]},
         "spec":{{{spec}}},"status":{"replicas":1}}
        """);

    private const string Spec = """
        {"replicas":2,"selector":{"matchLabels":{"app":"d"}},"template":{"spec":{"securityContext":{},"tolerations":[],"containers":[
          {"name":"a","image":"a:1","ports":[{"containerPort":80,"protocol":"TCP"}]},{"name":"b","image":"b:1"}]}}}
        """;

    private static readonly KubeObject Rendered = Kube.Of($$"""{"spec":{{Spec}}}""");

    private static OwnedFields Fields => OwnedFields.From(Live(Spec), "fleet-agent", Rendered);

    [Theory]
    [InlineData("status and defaults", true, """ "imagePullPolicy" """, """{"name":"b","image":"b:1"}""", """{"name":"b","image":"b:1","imagePullPolicy":"Always"}""")]
    [InlineData("another's container", true, "sidecar", """{"name":"b","image":"b:1"}""", """{"name":"b","image":"b:1"},{"name":"side","image":"s"}""")]
    [InlineData("another's container in between", true, "sidecar first", """{"name":"b","image":"b:1"}""", """{"name":"side","image":"s"},{"name":"b","image":"b:1"}""")]
    [InlineData("what others put into an applied {}", true, "presence", "\"securityContext\":{}", """ "securityContext":{"runAsUser":5} """)]
    [InlineData("what others put into an applied []", true, "presence", "\"tolerations\":[]", """ "tolerations":[{"key":"x"}] """)]
    [InlineData("another's port", true, "port", """{"containerPort":80,"protocol":"TCP"}""", """{"containerPort":80,"protocol":"TCP"},{"containerPort":80,"protocol":"UDP"}""")]
    [InlineData("replicas", false, "", "\"replicas\":2", "\"replicas\":5")]
    [InlineData("replicas gone", false, "", "\"replicas\":2,", "")]
    [InlineData("an image", false, "", "b:1", "b:2")]
    [InlineData("a container gone", false, "", """,{"name":"b","image":"b:1"}""", "")]
    [InlineData("the order of owned items", false, "", """{"name":"a","image":"a:1","ports":[{"containerPort":80,"protocol":"TCP"}]},{"name":"b","image":"b:1"}""", """{"name":"b","image":"b:1"},{"name":"a","image":"a:1","ports":[{"containerPort":80,"protocol":"TCP"}]}""")]
    [InlineData("inside an atomic map", false, "", "\"app\":\"d\"}}", "\"app\":\"d\",\"x\":\"y\"}}")]
    [InlineData("an applied {} gone", false, "", "\"securityContext\":{},", "")]
    [InlineData("a port gone", false, "", ""","ports":[{"containerPort":80,"protocol":"TCP"}]""", "")]
    public void Hash_Change_RaisesSuspicionOnlyForWhatWeOwn(string what, bool same, string why, string from, string to)
    {
        Assert.Contains(from, Spec);
        var changed = Spec.Replace(from, to);
        Assert.True(OwnedValues.Hash(Live(Spec), Fields) == OwnedValues.Hash(Live(changed), Fields) == same, $"{what} {why}");
    }

    [Fact]
    public void Hash_Label_IsOurs()
    {
        var changed = Live(Spec);
        changed.Json["metadata"]!["labels"]!["app"] = "x";
        Assert.NotEqual(OwnedValues.Hash(Live(Spec), Fields), OwnedValues.Hash(changed, Fields));
        var more = Live(Spec);
        more.Json["metadata"]!["labels"]!["other"] = "x";
        Assert.Equal(OwnedValues.Hash(Live(Spec), Fields), OwnedValues.Hash(more, Fields));
    }

    [Fact]
    public void Fields_SetList_ValuesAndOrderCount()
    {
        KubeObject With(string list) => Kube.Of("""{"apiVersion":"v1","kind":"X","metadata":{"managedFields":[{"manager":"m","operation":"Apply","apiVersion":"v1","fieldsV1":{"f:metadata":{"f:finalizers":{"v:\"a/b\"":{},"v:\"c/d\"":{}}}}}],"finalizers":LIST}}""".Replace("LIST", list));
        var rendered = With("""["a/b","c/d"]""");
        var fields = OwnedFields.From(rendered, "m", rendered);
        var baseline = OwnedValues.Hash(rendered, fields);
        Assert.Equal(baseline, OwnedValues.Hash(With("""["x/y","a/b","c/d"]"""), fields));
        Assert.NotEqual(baseline, OwnedValues.Hash(With("""["a/b"]"""), fields));
        Assert.NotEqual(baseline, OwnedValues.Hash(With("""["c/d","a/b"]"""), fields));
    }

    [Fact]
    public void Fields_ToFieldsV1_IsWhatTheServerHad() =>
        Assert.True(System.Text.Json.Nodes.JsonNode.DeepEquals(System.Text.Json.Nodes.JsonNode.Parse(OurFields), Fields.ToFieldsV1()));

    [Fact]
    public void Fields_NoEntryOfOurs_IsNone() => Assert.True(OwnedFields.From(Live(Spec), "somebody", Rendered).IsNone);

    [Fact]
    public void Verdict_ServerMadeFields_AreNoDrift()
    {
        var live = Live(Spec);
        var answer = Live(Spec);
        answer.Json["metadata"]!["resourceVersion"] = "9";
        answer.Json["metadata"]!["generation"] = 4;
        answer.Json["metadata"]!["managedFields"] = null;
        answer.Json["status"] = null;
        Assert.False(DriftJudge.Compare(answer, live, "fleet-agent").IsDrift);
    }

    [Fact]
    public void Verdict_Fields_AreNamedWithValuesAndWriter()
    {
        const string others = """
            ,{"manager":"kubectl-scale","operation":"Update","subresource":"scale","apiVersion":"apps/v1","time":"2026-01-02T00:00:00Z","fieldsV1":{"f:spec":{"f:replicas":{}}}}
            ,{"manager":"old","operation":"Update","apiVersion":"apps/v1","time":"2026-01-01T00:00:00Z","fieldsV1":{"f:spec":{"f:replicas":{},"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{"f:image":{}}}}}}}}
            """;
        var live = Live(Spec.Replace("\"replicas\":2", "\"replicas\":5").Replace("a:1", "a:9").Replace(""",{"name":"b","image":"b:1"}""", ""), others);
        var verdict = DriftJudge.Compare(Live(Spec), live, "fleet-agent");
        Assert.Equal(
        [
            new(".spec.replicas", "2", "5", "kubectl-scale (scale)"),
            new(".spec.template.spec.containers[name=\"a\"].image", "\"a:1\"", "\"a:9\"", "old"),
            new(".spec.template.spec.containers[name=\"b\"].name", "\"b\"", "", ""),
            new(".spec.template.spec.containers[name=\"b\"].image", "\"b:1\"", "", ""),
        ], verdict.Fields);
        Assert.Equal(["kubectl-scale (scale)", "old"], verdict.Managers);
    }

    [Fact]
    public void Verdict_OrderOfItems_IsDrift()
    {
        var live = Live("""{"template":{"spec":{"containers":[{"name":"b"},{"name":"a"}]}}}""");
        var want = Live("""{"template":{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}}""");
        Assert.Equal(".spec.template.spec.containers", Assert.Single(DriftJudge.Compare(want, live, "fleet-agent").Fields).Path);
    }

    [Fact]
    public void Verdict_Secret_ShowsNamesOfKeysOnly()
    {
        var want = Kube.Of("""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","annotations":{"last":"geheim"}},"data":{"password":"Z2VoZWlt","tls.key":"eA=="}}""");
        var live = Kube.Of("""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"password":"b3Blbg=="}}""");
        var verdict = DriftJudge.Compare(want, live, "fleet-agent");
        Assert.Equal([".metadata.annotations.last", ".data.password", ".data[\"tls.key\"]"], verdict.Fields.Select(f => f.Path));
        Assert.All(verdict.Fields, f => Assert.True(f.Expected is "" or DriftJudge.Hidden && f.Actual is "" or DriftJudge.Hidden));
    }

    [Fact]
    public void Verdict_ManyFields_AreBoundedAndCounted()
    {
        KubeObject Big(string v) => Kube.Of($$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{ {{string.Join(",", Enumerable.Range(0, 80).Select(i => $"\"k{i}\":\"{v}{new string('x', 500)}\""))}} } }""");
        var verdict = DriftJudge.Compare(Big("a"), Big("b"), "fleet-agent");
        Assert.Equal((50, 30), (verdict.Fields.Count, verdict.NotShown));
        Assert.All(verdict.Fields, f => Assert.True(f.Expected.Length <= 201));
    }

    [Fact]
    public void Backoff_Fight_SpacesOutAndPeaceEndsIt()
    {
        var history = CorrectionHistory.None;
        var now = Kube.Now;
        var waits = new List<double>();
        for (var i = 0; i < 12; i++)
        {
            var at = CorrectionBackoff.NotBefore(history, now);
            waits.Add(Math.Max(0, (at - now).TotalSeconds));
            if (at > now) now = at;
            history = CorrectionBackoff.Corrected(history, now);
        }
        Assert.Equal([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300], waits);
        Assert.True(CorrectionBackoff.IsFight(history, now));
        Assert.Equal(DateTimeOffset.MinValue, CorrectionBackoff.NotBefore(history, now.AddMinutes(11)));
    }
}
