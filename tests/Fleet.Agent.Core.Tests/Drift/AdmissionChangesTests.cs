using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Tests.Drift;

public sealed class AdmissionChangesTests
{
    private static KubeObject With(string spec) => Kube.Of($$"""{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","namespace":"n"},"spec":{{spec}}}""");

    [Theory]
    [InlineData("""{"cpu":"1000m"}""", """{"cpu":"1"}""")]
    [InlineData("""{"memory":1073741824}""", """{"memory":"1Gi"}""")]
    [InlineData("""{"cpu":"0.5"}""", """{"cpu":"500m"}""")]
    [InlineData("""{"wait":"60s"}""", """{"wait":"1m0s"}""")]
    [InlineData("""{"at":"2026-01-01T00:00:00.5Z"}""", """{"at":"2026-01-01T00:00:00Z"}""")]
    [InlineData("""{"a":{},"b":[],"c":null}""", """{"a":{"x":1}}""")]
    [InlineData("""{"a":1}""", """{"a":1,"b":2}""")]
    [InlineData("""{"c":[{"name":"a","image":"x"}]}""", """{"c":[{"name":"side"},{"name":"a","image":"x","pull":"Always"}]}""")]
    [InlineData("""{"c":["a","b"]}""", """{"c":["a","b"]}""")]
    public void Note_Normalised_IsNone(string manifest, string answer) => Assert.Null(AdmissionChanges.Note(With(manifest), With(answer)));

    [Theory]
    [InlineData("""{"cpu":"1000m"}""", """{"cpu":"2"}""", ".spec.cpu")]
    [InlineData("""{"c":[{"name":"a","image":"x"}]}""", """{"c":[{"name":"side"},{"name":"a","image":"r/x"}]}""", ".spec.c[a].image")]
    [InlineData("""{"c":[{"name":"a","image":"x"}]}""", """{"c":[]}""", ".spec.c[a]")]
    [InlineData("""{"a":true}""", "{}", ".spec.a")]
    [InlineData("""{"c":["a","b"]}""", """{"c":["a","x"]}""", ".spec.c[1]")]
    public void Note_Changed_NamesTheField(string manifest, string answer, string field) =>
        Assert.StartsWith($"Deployment.apps n/d: changed at admission: {field}.", AdmissionChanges.Note(With(manifest), With(answer)));
}
