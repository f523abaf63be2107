using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Core.Tests.Plan;

public sealed class OwnershipTests
{
    [Fact]
    public void LabelValue_AnyIds_FitsALabel()
    {
        foreach (var (hub, uid) in new[] { ("", ""), (new string('x', 500), "a/b c"), ("hub-1", "3f2a") })
        {
            var value = new Ownership(hub, uid).LabelValue;
            Assert.True(value.Length <= 63);
            Assert.Matches(new Regex("^[a-z0-9]([a-z0-9.]*[a-z0-9])?$"), value);
        }
    }

    [Fact]
    public void LabelValue_OfOneOwner_NeverChanges() =>
        // Changing it would make every object in every cluster a stranger.
        Assert.Equal("cn7ctriuadw5x6a7cxjyxjq7.7zhjfasqbrusotpy6y7b2p5e".Length, new Ownership("hub", "uid").LabelValue.Length);

    [Fact]
    public void Owns_OtherHubOrAssignment_IsTold()
    {
        var ours = new Ownership("hub", "a");
        var manifest = Kube.Manifest("v1", "ConfigMap", "c");
        ours.Stamp(manifest);
        var o = new KubeObject(manifest);
        Assert.True(ours.Owns(o));
        Assert.False(new Ownership("hub", "b").Owns(o));
        Assert.True(new Ownership("hub", "b").IsOfOurHub(o));
        Assert.False(new Ownership("hub2", "a").IsOfOurHub(o));
        Assert.False(ours.Owns(new KubeObject(Kube.Manifest("v1", "ConfigMap", "c"))));
    }

    [Fact]
    public void DesiredSet_Duplicates_NameBothFiles()
    {
        var owner = new Ownership("h", "a");
        (JsonObject, string)[] twice = [(Kube.Manifest("v1", "ConfigMap", "x"), "a.yaml:1"), (Kube.Manifest("v1", "ConfigMap", "y"), "a.yaml:9"), (Kube.Manifest("v1", "ConfigMap", "x"), "b.yaml:3")];
        var set = DesiredSet.Of(Copy(), owner, [], DuplicatePolicy.Error);
        Assert.Equal("y", Assert.Single(set.Objects).Key.Name);
        Assert.Contains("a.yaml:1 and in b.yaml:3", Assert.Single(set.Problems).Message);
        var last = DesiredSet.Of(Copy(), owner, [], DuplicatePolicy.Last);
        Assert.Equal(["b.yaml:3", "a.yaml:9"], last.Objects.Select(o => o.Source));
        Assert.Contains("also stands in a.yaml:1", Assert.Single(last.Notes));

        IEnumerable<(JsonObject, string)> Copy() => twice.Select(t => ((JsonObject)t.Item1.DeepClone(), t.Item2));
    }

    [Fact]
    public void DesiredSet_Hash_IgnoresKeyOrderAndSpelling()
    {
        var owner = new Ownership("h", "a");
        string Hash(string json) => DesiredSet.Of([((JsonObject)JsonNode.Parse(json)!, "f")], owner, [], DuplicatePolicy.Error).Objects.Single().Hash;
        var one = Hash("""{"apiVersion":"v1","kind":"X","metadata":{"name":"a"},"spec":{"a":1,"b":[1,2]}}""");
        Assert.Equal(one, Hash("""{"spec":{"b":[1.0,2],"a":1.0},"kind":"X","metadata":{"name":"a","uid":"s"},"apiVersion":"v1","status":{}}"""));
        Assert.NotEqual(one, Hash("""{"apiVersion":"v1","kind":"X","metadata":{"name":"a"},"spec":{"a":1,"b":[2,1]}}"""));
    }

    [Fact]
    public void Scoping_Settle_FollowsTheClustersWord()
    {
        var wide = Kube.Manifest("v1", "Node", "n");
        Assert.Contains("cluster-scoped", Scoping.Settle(wide, namespaced: false, "d"));
        Assert.Equal("""{"name":"n"}""", wide["metadata"]!.ToJsonString());
        var narrow = Kube.Manifest("v1", "ConfigMap", "n", "");
        Assert.Null(Scoping.Settle(narrow, namespaced: true, ""));
        Assert.Equal("default", narrow["metadata"]!["namespace"]!.ToString());
    }
}
