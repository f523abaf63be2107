using Fleet.Hub.Api.Decoding;
using Fleet.V1;

namespace Fleet.Hub.Tests.Api;

public sealed class ResourceDecoderTests
{
    private const string Web = """
        apiVersion: fleet/v1
        kind: Assignment
        metadata:
          name: web
          labels: {team: "1.10"}
        spec:
          source: apps
          ref: main
          path: web
          groups: [production, staging]
          render:
            recursive: true
            commonLabels:
              example.com/team: web
          drift:
            ignore:
              - kind: Deployment
                fields: [/spec/replicas]
          prune:
            enabled: false
          priority: 7
        """;

    [Fact]
    public void Decode_GoodFile_EveryFieldType()
    {
        var (resources, violations) = Decode(Web);
        Assert.Empty(violations);
        var spec = Assert.Single(resources).Resource.Assignment.Spec;
        Assert.Equal(["production", "staging"], spec.Groups);
        Assert.True(spec.Render.Recursive);
        Assert.Equal("web", spec.Render.CommonLabels["example.com/team"]);
        Assert.Equal("/spec/replicas", spec.Drift.Ignore[0].Fields[0]);
        Assert.True(spec.Prune.HasEnabled && !spec.Prune.Enabled);
        Assert.Equal(7, spec.Priority);
        Assert.Equal("1.10", resources[0].Resource.Assignment.Metadata.Labels["team"]);
    }

    [Theory]
    [InlineData("spec:\n  gruops: [a]", 4, 3, "spec.gruops", "Did you mean \"groups\"?")]
    [InlineData("spec:\n  read_roots: [a]", 4, 3, "spec.read_roots", "Did you mean \"readRoots\"?")]
    [InlineData("spec:\n  groups: production", 4, 11, "spec.groups", "write [production]")]
    [InlineData("spec:\n  groups: {a: b}", 4, 11, "spec.groups", "a list is wanted")]
    [InlineData("spec:\n  groups:\n  - [a]", 5, 5, "spec.groups[0]", "a string is wanted")]
    [InlineData("spec:\n  groups:\n  -\n  - b", 5, 4, "spec.groups[0]", "empty")]
    [InlineData("spec:\n  priority: high", 4, 13, "spec.priority", "not a number")]
    [InlineData("spec:\n  priority: \"7\"", 4, 13, "spec.priority", "without quotes")]
    [InlineData("spec:\n  priority: 1.5", 4, 13, "spec.priority", "whole number")]
    [InlineData("spec:\n  priority: 99999999999", 4, 13, "spec.priority", "whole number")]
    [InlineData("spec:\n  suspend: yes", 4, 12, "spec.suspend", "true or false")]
    [InlineData("spec:\n  ref: 1.10", 4, 8, "spec.ref", "write \"1.10\"")]
    [InlineData("spec:\n  ref: true", 4, 8, "spec.ref", "write \"true\"")]
    [InlineData("spec: web", 3, 7, "spec", "a mapping is wanted")]
    [InlineData("spec:\n  render:\n    commonLabels: [a]", 5, 19, "spec.render.commonLabels", "keys and values")]
    [InlineData("spec:\n  source: a\n  source: b", 5, 3, "source", "stands twice")]
    [InlineData("spec:\n  <<: {source: a}", 4, 3, "spec.<<", "Merge keys")]
    [InlineData("spec:\n  source: !secret a", 4, 11, "", "tag")]
    [InlineData("spec:\n  source: *gone", 4, 11, "", "stands for nothing")]
    [InlineData("spec:\n  source: \"a", 4, 11, "", "not YAML")]
    [InlineData("spec:\n\tsource: a", 4, 1, "", "tab")]
    [InlineData("extra: 1", 3, 1, "extra", "Assignment has no key")]
    public void Decode_Mistake_SaysWhereAndWhatToWrite(string rest, int line, int column, string key, string says)
    {
        var (_, violations) = Decode("apiVersion: fleet/v1\nkind: Assignment\n" + rest + "\n");
        var v = Assert.Single(violations);
        Assert.Equal(("web.yaml", line, column), (v.File, v.Line, v.Column));
        Assert.True(key == v.Key || key.Length == 0, v.Key);
        Assert.Contains(says, v.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kind: Assignment", "apiVersion", "write apiVersion: fleet/v1")]
    [InlineData("apiVersion: apps/v1\nkind: Assignment", "apiVersion", "Git repository")]
    [InlineData("apiVersion: fleet/v1", "kind", "no kind")]
    [InlineData("apiVersion: fleet/v1\nkind: Assignmnt", "kind", "Did you mean \"Assignment\"?")]
    [InlineData("apiVersion: fleet/v1\nkind: assignment", "kind", "Did you mean \"Assignment\"?")]
    [InlineData("apiVersion: fleet/v1\nkind: 2", "kind", "not a kind")]
    [InlineData("apiVersion: fleet/v1\nkind: EnrollmentToken", "kind", "fleetctl token create")]
    [InlineData("apiVersion: fleet/v1\nkind: ClusterAssignment", "kind", "made by the hub")]
    [InlineData("- a", "", "a list, not a resource")]
    [InlineData("hello", "", "a string, not a resource")]
    public void Decode_NotAResource_SaysWhatToWrite(string content, string key, string says)
    {
        var (resources, violations) = Decode(content);
        Assert.Empty(resources);
        var v = Assert.Single(violations);
        Assert.Equal(key, v.Key);
        Assert.Contains(says, v.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_SeveralFilesAndDocuments_AllMistakesAtOnce()
    {
        var violations = new ViolationList();
        SourceFile[] files =
        [
            new() { Name = "a.yaml", Content = "# nothing\n---\n---\napiVersion: fleet/v1\nkind: GitSource\nspec: {urll: x}\n---\napiVersion: fleet/v1\nkind: Nope\n" },
            new() { Name = "b.yaml", Content = "a: [" },
            new() { Name = "c.yaml", Content = Web },
        ];
        var resources = ResourceDecoder.Decode(files, violations);
        Assert.Equal(["a.yaml", "a.yaml", "b.yaml"], violations.Found.Select(v => v.File));
        Assert.Contains(resources, r => r.File == "c.yaml");
    }

    [Fact]
    public void Decode_Json_AsYaml()
    {
        var (resources, violations) = Decode("{\n\t\"apiVersion\": \"fleet/v1\",\n\t\"kind\": \"ClusterGroup\",\n\t\"metadata\": {\"name\": \"all\"},\n\t\"spec\": {\"selector\": {}}\n}");
        Assert.Empty(violations);
        Assert.NotNull(Assert.Single(resources).Resource.ClusterGroup.Spec.Selector);
    }

    [Fact]
    public void Decode_AbsentAndEmptySelector_AreDifferent()
    {
        var (resources, _) = Decode("apiVersion: fleet/v1\nkind: ClusterGroup\nspec: {names: [a]}\n---\napiVersion: fleet/v1\nkind: ClusterGroup\nspec:\n  selector: {}\n");
        Assert.Null(resources[0].Resource.ClusterGroup.Spec.Selector);
        Assert.NotNull(resources[1].Resource.ClusterGroup.Spec.Selector);
    }

    [Fact]
    public void Decode_List_ItsItems()
    {
        var (resources, violations) = Decode("apiVersion: v1\nkind: List\nitems:\n- apiVersion: fleet/v1\n  kind: GitSource\n- apiVersion: fleet/v1\n  kind: ClusterGroup\n");
        Assert.Empty(violations);
        Assert.Equal(2, resources.Count);
    }

    [Fact]
    public void Decode_StatusAndServerFields_AreNotReadBack()
    {
        var (resources, violations) = Decode("apiVersion: fleet/v1\nkind: GitSource\nmetadata: {name: a, uid: u, generation: 3, creationTimestamp: \"2026-01-31T08:00:00Z\"}\nstatus: {whatever: [1]}\n");
        Assert.Empty(violations);
        Assert.Null(resources[0].Resource.GitSource.Status);
    }

    [Fact]
    public void Decode_TenLevelAliasBomb_RefusedAtOnce()
    {
        var bomb = new System.Text.StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (var i = 1; i < 10; i++)
        {
            bomb.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }

        var (resources, violations) = Decode(bomb.ToString());
        Assert.Empty(resources);
        Assert.Contains("aliases", Assert.Single(violations).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_DeepNesting_Refused()
    {
        var (_, violations) = Decode("a: " + new string('[', 5_000));
        Assert.Contains("nested", Assert.Single(violations).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_TooMuch_RefusedBeforeReading()
    {
        var (_, violations) = Decode(new string('a', DecodeLimits.MaxCharacters + 1));
        Assert.Single(violations);
    }

    [Fact]
    public void Find_MissingKey_PlaceOfTheNearestAround()
    {
        var (resources, _) = Decode(Web);
        Assert.Equal(new YamlMark(7, 11), resources[0].Find("spec.source"));
        Assert.Equal(new YamlMark(15, 3), resources[0].Find("spec.drift.mode"));
        Assert.Equal(new YamlMark(18, 18), resources[0].Find("spec.drift.ignore[0].fields[0]"));
        Assert.Equal(new YamlMark(6, 1), resources[0].Find("spec.adopt"));
        Assert.Equal(new YamlMark(1, 1), resources[0].Find("nothing"));
    }

    private static (IReadOnlyList<DecodedResource> Resources, IReadOnlyList<ApplyViolation> Violations) Decode(string content)
    {
        var violations = new ViolationList();
        return (ResourceDecoder.Decode([new SourceFile { Name = "web.yaml", Content = content }], violations), violations.Found);
    }
}
