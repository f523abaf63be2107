using Fleet.Hub.Core.Resources;
using Fleet.V1;

namespace Fleet.Hub.Core.Tests.Resources;

public sealed class ResourceValidatorTests
{
    [Fact]
    public void Validate_GoodResources_NoViolation()
    {
        Assert.Empty(ResourceValidator.Validate(new Resource { GitSource = Source("https://git.example.com/team/apps.git") }));
        Assert.Empty(ResourceValidator.Validate(new Resource { Assignment = Web() }));
        Assert.Empty(ResourceValidator.Validate(new Resource { ClusterGroup = Group(new ClusterGroupSpec { Selector = new LabelSelector() }) }));
        Assert.Empty(ResourceValidator.Validate(new Resource
        {
            EnrollmentToken = Token(new EnrollmentTokenSpec { ClusterNames = "prod-1", Uses = 1, AutoApprove = true, Ttl = "15m" }),
        }));
    }

    [Fact]
    public void Validate_DefaultedResources_NoViolation()
    {
        var resource = new Resource { Assignment = Web() };
        Defaults.Apply(resource);
        Assert.Empty(ResourceValidator.Validate(resource));
        Assert.Equal("ifEqual", resource.Assignment.Spec.Adopt);
        Assert.True(resource.Assignment.Spec.Prune.Enabled);
    }

    [Theory]
    [InlineData("https://git.example.com/a.git")]
    [InlineData("http://127.0.0.1:8080/a")]
    [InlineData("ssh://git@git.example.com:2222/a.git")]
    [InlineData("git@git.example.com:team/a.git")]
    public void GitSource_Url_Taken(string url) => Assert.Empty(ResourceValidator.Validate(new Resource { GitSource = Source(url) }));

    [Theory]
    [InlineData("")]
    [InlineData("file:///etc")]
    [InlineData("ext::sh -c id")]
    [InlineData("--upload-pack=id")]
    [InlineData("git@-oProxyCommand=id:a")]
    [InlineData("ssh://-oProxyCommand=id/a")]
    [InlineData("https://git.example.com")]
    [InlineData("https://git.example.com/a#main")]
    [InlineData("https:///a")]
    [InlineData("/srv/git/a")]
    public void GitSource_Url_Refused(string url) => Expect(new Resource { GitSource = Source(url) }, "spec.url");

    [Fact]
    public void GitSource_UrlWithPassword_IsRefusedAndNotRepeated()
    {
        var violation = Expect(new Resource { GitSource = Source("https://bot:s3cret@git.example.com/a.git") }, "spec.url");
        Assert.DoesNotContain("s3cret", violation.Message, StringComparison.Ordinal);
        Assert.Contains("credential", violation.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10", "unit")]
    [InlineData("10ms", "range")]
    [InlineData("48h", "range")]
    public void GitSource_PollInterval_Refused(string interval, string says)
    {
        var source = Source("https://git.example.com/a.git");
        source.Spec.PollInterval = interval;
        Assert.Contains(says, Expect(new Resource { GitSource = source }, "spec.pollInterval").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GitSource_BundleWithPrivateKey_Refused()
    {
        var source = Source("https://git.example.com/a.git");
        source.Spec.CaBundle = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
        Expect(new Resource { GitSource = source }, "spec.caBundle");
    }

    public static TheoryData<string, Action<AssignmentSpec>> BrokenAssignments => new()
    {
        { "spec.source", s => s.Source = "" },
        { "spec.source", s => s.Source = "Apps" },
        { "spec.ref", s => s.Ref = "-main" },
        { "spec.ref", s => s.Ref = "a..b" },
        { "spec.ref", s => s.Ref = "refs/replace/x" },
        { "spec.path", s => s.Path = "/web" },
        { "spec.path", s => s.Path = "../other-team" },
        { "spec.path", s => s.Path = "web/" },
        { "spec.readRoots[1]", s => s.ReadRoots.Add(["base", "a/../../b"]) },
        { "spec.groups", s => s.Groups.Clear() },
        { "spec.groups[1]", s => s.Groups.Add("production") },
        { "spec.render.format", s => s.Render = new RenderSpec { Format = "kustomize" } },
        { "spec.render.format", s => s.Render = new RenderSpec { Format = "Raw" } },
        { "spec.render.namespace", s => s.Render = new RenderSpec { Namespace = "Team A" } },
        { "spec.render.include[0]", s => s.Render = new RenderSpec { Include = { "/*.yaml" } } },
        { "spec.render.commonLabels[\"a b\"]", s => s.Render = new RenderSpec { CommonLabels = { ["a b"] = "x" } } },
        { "spec.render.nonManifests", s => s.Render = new RenderSpec { NonManifests = "ignore" } },
        { "spec.drift.mode", s => s.Drift = new DriftSpec { Mode = "fix" } },
        { "spec.drift.ignore[0].fields[0]", s => s.Drift = new DriftSpec { Ignore = { new IgnoreRule { Fields = { "spec.replicas" } } } } },
        { "spec.drift.ignore[0].fields", s => s.Drift = new DriftSpec { Ignore = { new IgnoreRule { Kind = "Deployment" } } } },
        { "spec.onRemove", s => s.OnRemove = "orphan" },
        { "spec.adopt", s => s.Adopt = "ifequal" },
        { "spec.serviceAccount", s => s.ServiceAccount = "deployer" },
        { "spec.rollout.maxConcurrent", s => s.Rollout = new RolloutSpec { MaxConcurrent = "150%" } },
        { "spec.rollout.maxConcurrent", s => s.Rollout = new RolloutSpec { MaxConcurrent = "0" } },
    };

    [Theory]
    [MemberData(nameof(BrokenAssignments))]
    public void Assignment_Broken_NamesTheKey(string key, Action<AssignmentSpec> breakIt)
    {
        var assignment = Web();
        breakIt(assignment.Spec);
        Expect(new Resource { Assignment = assignment }, key);
    }

    [Fact]
    public void Assignment_WrongChoice_ListsAllAndSuggests()
    {
        var assignment = Web();
        assignment.Spec.Adopt = "ifequal";
        var message = Expect(new Resource { Assignment = assignment }, "spec.adopt").Message;
        Assert.Contains("always, ifEqual or never", message, StringComparison.Ordinal);
        Assert.Contains("Did you mean \"ifEqual\"?", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Assignment_ManyMistakes_AllAtOnce()
    {
        var assignment = Web();
        assignment.Metadata.Name = "Web!";
        assignment.Spec.Source = "";
        assignment.Spec.Path = "/x";
        assignment.Spec.OnRemove = "no";
        Assert.Equal(4, ResourceValidator.Validate(new Resource { Assignment = assignment }).Count);
    }

    [Theory]
    [InlineData("Equals", 1, "spec.selector.matchExpressions[0].operator")]
    [InlineData("", 1, "spec.selector.matchExpressions[0].operator")]
    [InlineData("In", 0, "spec.selector.matchExpressions[0].values")]
    [InlineData("Exists", 1, "spec.selector.matchExpressions[0].values")]
    public void ClusterGroup_BadSelector_NamesTheKey(string op, int values, string key)
    {
        var requirement = new LabelSelectorRequirement { Key = "env", Operator = op, Values = { Enumerable.Repeat("a", values) } };
        Expect(new Resource { ClusterGroup = Group(new ClusterGroupSpec { Selector = new LabelSelector { MatchExpressions = { requirement } } }) }, key);
    }

    [Fact]
    public void ClusterGroup_SelectsNothing_Refused() => Expect(new Resource { ClusterGroup = Group(new ClusterGroupSpec()) }, "spec");

    [Theory]
    [InlineData("prod-*", 1)]
    [InlineData("prod-1", 2)]
    public void EnrollmentToken_AutoApproveForMoreThanOneName_Refused(string names, int uses) =>
        Expect(new Resource { EnrollmentToken = Token(new EnrollmentTokenSpec { ClusterNames = names, Uses = uses, AutoApprove = true }) }, "spec.autoApprove");

    [Fact]
    public void References_Assignment_SourceAndGroups()
    {
        var assignment = Web();
        assignment.Spec.Groups.Add("staging");
        Assert.Equal(
            ["spec.source GitSource apps", "spec.groups[0] ClusterGroup production", "spec.groups[1] ClusterGroup staging"],
            References.Of(new Resource { Assignment = assignment }).Select(r => $"{r.Key} {r.Kind} {r.Name}"));
    }

    private static Violation Expect(Resource resource, string key)
    {
        var found = ResourceValidator.Validate(resource);
        Assert.Contains(found, v => v.Key == key);
        Assert.All(found, v => Assert.False(string.IsNullOrWhiteSpace(v.Message)));
        return found.First(v => v.Key == key);
    }

    private static GitSource Source(string url) => new() { Metadata = new() { Name = "apps" }, Spec = new() { Url = url } };

    private static ClusterGroup Group(ClusterGroupSpec spec) => new() { Metadata = new() { Name = "production" }, Spec = spec };

    private static EnrollmentToken Token(EnrollmentTokenSpec spec) => new() { Metadata = new() { Name = "t" }, Spec = spec };

    private static Assignment Web() => new()
    {
        Metadata = new() { Name = "web" },
        Spec = new() { Source = "apps", Ref = "main", Path = "web", Groups = { "production" } },
    };
}
