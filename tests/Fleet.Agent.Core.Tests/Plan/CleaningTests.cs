using System.Text.Json.Nodes;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Core.Tests.Plan;

public sealed class CleaningTests
{
    [Theory]
    [InlineData("server-made fields",
        """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","uid":"x","resourceVersion":"1","generation":2,"managedFields":[],"creationTimestamp":"2026-01-01T00:00:00Z","selfLink":"/x"},"status":{"x":1}}""",
        """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}""", 2)]
    [InlineData("a generator's null timestamp and empty status are nobody's wish",
        """{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","creationTimestamp":null},"spec":{},"status":{}}""",
        """{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"},"spec":{}}""", 0)]
    [InlineData("stringData becomes data and wins",
        """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"data":{"p":"b2xk","q":"cQ=="},"stringData":{"p":"new","n":null}}""",
        """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"data":{"p":"bmV3","q":"cQ==","n":""}}""", 0)]
    [InlineData("rules beside aggregationRule",
        """{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"a"},"aggregationRule":{},"rules":[]}""",
        """{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"a"},"aggregationRule":{}}""", 0)]
    [InlineData("service ports",
        """{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"ports":[{"port":80,"nodePort":0},{"port":80,"protocol":"UDP","nodePort":30000}]}}""",
        """{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"ports":[{"port":80,"protocol":"TCP"},{"port":80,"protocol":"UDP","nodePort":30000}]}}""", 0)]
    [InlineData("container ports",
        """{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"a"},"spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[{"ports":[{"containerPort":80}]}]}}}}}}""",
        """{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"a"},"spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[{"ports":[{"containerPort":80,"protocol":"TCP"}]}]}}}}}}""", 0)]
    [InlineData("a Knative Service is left alone",
        """{"apiVersion":"serving.knative.dev/v1","kind":"Service","metadata":{"name":"a"},"spec":{"ports":[{"port":80}]}}""",
        """{"apiVersion":"serving.knative.dev/v1","kind":"Service","metadata":{"name":"a"},"spec":{"ports":[{"port":80}]}}""", 0)]
    public void Clean_Manifest_IsFitToBeApplied(string why, string before, string after, int notes)
    {
        var manifest = (JsonObject)JsonNode.Parse(before)!;
        var said = Cleaning.Clean(manifest);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(after), manifest), $"{why}: {manifest.ToJsonString()}");
        Assert.Equal(notes, said.Count);
    }

    [Fact]
    public void Clean_Twice_ChangesNothingMore()
    {
        var manifest = (JsonObject)JsonNode.Parse("""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","uid":"x"},"stringData":{"p":"new"}}""")!;
        Cleaning.Clean(manifest);
        var once = manifest.ToJsonString();
        Assert.Empty(Cleaning.Clean(manifest));
        Assert.Equal(once, manifest.ToJsonString());
    }
}
