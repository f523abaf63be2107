using Fleet.Hub.Core.Resources;
using Fleet.V1;

namespace Fleet.Hub.Core.Tests.Resources;

public sealed class LabelSelectorTests
{
    private static readonly Dictionary<string, string> Prod = new() { ["env"] = "prod", ["tier"] = "web" };

    [Theory]
    [InlineData("", true)]
    [InlineData("env=prod", true)]
    [InlineData("env==prod", true)]
    [InlineData("env = prod , tier = web", true)]
    [InlineData("env=staging", false)]
    [InlineData("env!=staging", true)]
    [InlineData("env!=prod", false)]
    [InlineData("zone!=eu", true)]
    [InlineData("env in (staging, prod)", true)]
    [InlineData("env in (staging),tier", false)]
    [InlineData("env notin (staging)", true)]
    [InlineData("zone notin (eu)", true)]
    [InlineData("env notin (prod,staging)", false)]
    [InlineData("env", true)]
    [InlineData("!env", false)]
    [InlineData("!legacy,tier in (web)", true)]
    public void Parse_Selector_MatchesAsKubernetesDoes(string text, bool expected)
    {
        var (selector, problem) = LabelSelectorParser.Parse(text);
        Assert.Null(problem);
        Assert.Equal(expected, LabelSelectors.Matches(selector, (IReadOnlyDictionary<string, string>)Prod));
    }

    [Theory]
    [InlineData("env=prod,,tier=web")]
    [InlineData("env in prod")]
    [InlineData("env in (prod")]
    [InlineData("env within (prod)")]
    [InlineData("=prod")]
    [InlineData("env=not a value")]
    [InlineData("-env=prod")]
    public void Parse_Broken_SaysWhatIsWrong(string text)
    {
        var (selector, problem) = LabelSelectorParser.Parse(text);
        Assert.Null(selector);
        Assert.False(string.IsNullOrWhiteSpace(problem));
    }

    [Fact]
    public void Matches_AbsentSelector_Nothing() => Assert.False(LabelSelectors.Matches(null, (IReadOnlyDictionary<string, string>)Prod));

    [Fact]
    public void Matches_EmptySelector_Everything() =>
        Assert.True(LabelSelectors.Matches(new LabelSelector(), (IReadOnlyDictionary<string, string>)new Dictionary<string, string>()));

    [Fact]
    public void Matches_UnknownOperator_Nothing()
    {
        var selector = new LabelSelector { MatchExpressions = { new LabelSelectorRequirement { Key = "env", Operator = "Gt", Values = { "1" } } } };
        Assert.False(LabelSelectors.Matches(selector, (IReadOnlyDictionary<string, string>)Prod));
    }

    [Fact]
    public void IsMember_NamedCluster_WhateverItsLabels()
    {
        var group = new ClusterGroupSpec { Names = { "edge-1" } };
        Assert.True(LabelSelectors.IsMember(group, "edge-1", new Dictionary<string, string>()));
        Assert.False(LabelSelectors.IsMember(group, "edge-2", new Dictionary<string, string>()));
    }
}
