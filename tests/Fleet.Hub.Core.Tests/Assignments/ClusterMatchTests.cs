using Fleet.Hub.Core.Assignments;
using Fleet.V1;

namespace Fleet.Hub.Core.Tests.Assignments;

public class ClusterMatchTests
{
    private static readonly CandidateCluster[] Clusters =
    [
        new("c1", "paris", new Dictionary<string, string> { ["env"] = "prod" }),
        new("c2", "rome", new Dictionary<string, string> { ["env"] = "staging" }),
        new("c3", "oslo", new Dictionary<string, string>()),
    ];

    private static ClusterGroup Group(string? key = null, string? value = null, params string[] names)
    {
        var spec = new ClusterGroupSpec();
        if (key is not null)
        {
            spec.Selector = new LabelSelector { MatchLabels = { { key, value } } };
        }

        spec.Names.Add(names);
        return new ClusterGroup { Spec = spec };
    }

    private static MatchedClusters Resolve(Dictionary<string, ClusterGroup> groups, params string[] named)
    {
        var spec = new AssignmentSpec();
        spec.Groups.Add(named);
        return ClusterMatch.Resolve(spec, groups, Clusters);
    }

    [Fact]
    public void Resolve_ClusterInSeveralGroups_IsMatchedOnce()
    {
        var matched = Resolve(new() { ["a"] = Group("env", "prod"), ["b"] = Group(null, null, "paris", "rome") }, "a", "b");
        Assert.Equal(["c1", "c2"], matched.ClusterIds);
        Assert.True(matched.MayRemove);
    }

    [Fact]
    public void Resolve_NoSelector_SelectsNone() => Assert.Empty(Resolve(new() { ["a"] = Group() }, "a").ClusterIds);

    [Fact]
    public void Resolve_EmptySelector_SelectsAll()
    {
        var all = new ClusterGroup { Spec = new ClusterGroupSpec { Selector = new LabelSelector() } };
        Assert.Equal(3, Resolve(new() { ["a"] = all }, "a").ClusterIds.Count);
    }

    [Fact]
    public void Resolve_GroupMissing_RemovesNothing()
    {
        var matched = Resolve(new() { ["a"] = Group("env", "prod") }, "a", "gone");
        Assert.Equal(["c1"], matched.ClusterIds);
        Assert.False(matched.MayRemove);
        Assert.Contains("gone", Assert.Single(matched.Problems));
    }

    [Fact]
    public void Resolve_SelectorThatCannotBeRead_RemovesNothing()
    {
        var bad = new ClusterGroup
        {
            Spec = new ClusterGroupSpec
            {
                Selector = new LabelSelector { MatchExpressions = { new LabelSelectorRequirement { Key = "env", Operator = "Near" } } },
            },
        };
        var matched = Resolve(new() { ["a"] = bad }, "a");
        Assert.False(matched.MayRemove);
        Assert.Single(matched.Problems);
    }
}
