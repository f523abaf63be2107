using Fleet.Rendering.Files;
using static Fleet.Rendering.Tests.Rendering;

namespace Fleet.Rendering.Tests.Raw;

public sealed class RawTests
{
    [Fact]
    public void Folder_NotRecursive_ReadsItsOwnFilesOnly()
    {
        var tree = Tree(("app/b.yaml", ConfigMap("b")), ("app/a.yml", ConfigMap("a")), ("app/sub/c.yaml", ConfigMap("c")), ("app/README.md", "# hi"), ("other/d.yaml", ConfigMap("d")));
        Assert.Equal(["a", "b"], Render(new RenderRequest(tree, "app")).Objects.Select(o => Meta(o)["name"]!.ToString()));
        Assert.Equal(["a", "b", "c"], Render(new RenderRequest(tree, "./app/") { Raw = new() { Recursive = true } }).Objects.Select(o => Meta(o)["name"]!.ToString()));
    }

    [Fact]
    public void Folder_IncludeAndExclude_Choose()
    {
        var tree = Tree(("a.yaml", ConfigMap("a")), ("test/b.yaml", ConfigMap("b")), ("x/c.conf", ConfigMap("c")), ("x/d.yaml", ConfigMap("d")));
        var result = Render(new RenderRequest(tree, ".") { Raw = new() { Recursive = true, Include = ["*.yaml", "x/*.conf"], Exclude = ["test", "x/d.yaml"] } });
        Assert.Empty(result.Errors);
        Assert.Equal(["a", "c"], result.Objects.Select(o => Meta(o)["name"]!.ToString()));
    }

    [Fact]
    public void Path_OneFile_IsRead() => Assert.Single(Render(new RenderRequest(Tree(("app/x.txt", ConfigMap("a"))), "app/x.txt")).Objects);

    [Theory]
    [InlineData("missing", "does not exist in this Revision")]
    [InlineData("../up", "leads out of the repository")]
    [InlineData("/etc", "leads out of the repository")]
    [InlineData("module", "another repository")]
    public void Path_Wrong_IsNamed(string path, string problem)
    {
        var tree = Tree(("app/a.yaml", ConfigMap("a"))).Add("module", FileKind.Submodule);
        var error = Assert.Single(Render(new RenderRequest(tree, path)).Errors);
        Assert.Contains(problem, error.Problem);
        Assert.NotEmpty(error.Advice);
    }

    [Fact]
    public void Folder_Empty_IsEmptyAndNoError()
    {
        var result = Render(new RenderRequest(Tree(("app/README.md", "x")), "app"));
        Assert.True(result.IsOk);
        Assert.True(result.IsEmpty);
    }

    [Fact]
    public void Document_FileAndLine_AreRemembered()
    {
        var result = Render("# head\n---\n" + ConfigMap("a") + "---\n\n" + ConfigMap("b"));
        Assert.Equal(["app/a.yaml:3", "app/a.yaml:9"], result.Objects.Select(o => o.Place));
    }

    [Fact]
    public void List_Items_AreObjectsWithTheirOwnLines()
    {
        var result = Render("""
            apiVersion: v1
            kind: List
            items:
            - apiVersion: v1
              kind: ConfigMap
              metadata: {name: a}
            - apiVersion: v1
              kind: List
              items:
              - {apiVersion: v1, kind: Secret, metadata: {name: b}}
            ---
            apiVersion: v1
            kind: ConfigMapList
            items:
            - metadata: {name: c}
            ---
            {"apiVersion": "v1", "kind": "List", "items": null}
            """);
        Assert.Empty(result.Errors);
        Assert.Equal(["a:4", "b:10", "c:15"], result.Objects.Select(o => $"{Meta(o)["name"]}:{o.Line}"));
        Assert.Equal("ConfigMap", result.Objects[2].Manifest["kind"]!.ToString());
    }

    [Theory]
    [InlineData("replicas: 3\n", "neither apiVersion nor kind")]
    [InlineData("- a\n- b\n", "no map")]
    [InlineData("just words\n", "no map")]
    [InlineData("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n", "for kustomize")]
    public void NonManifest_ByDefault_IsAnErrorAndSkippedWhenAsked(string text, string problem)
    {
        var tree = Tree(("app/a.yaml", ConfigMap("a")), ("app/values.yaml", text));
        var error = Assert.Single(Render(new RenderRequest(tree, "app")).Errors);
        Assert.Equal("app/values.yaml", error.File);
        Assert.Contains(problem, error.Problem);
        Assert.Contains("nonManifests: skip", error.Advice);
        var skipped = Render(new RenderRequest(tree, "app") { Raw = new() { NonManifests = NonManifests.Skip } });
        Assert.True(skipped.IsOk);
        Assert.Single(skipped.Objects);
        Assert.Contains("app/values.yaml", Assert.Single(skipped.Notes));
    }

    [Fact]
    public void NonManifest_Skip_NeverSkipsBrokenYaml() =>
        Assert.NotEmpty(Render(new RenderRequest(Tree(("app/a.yaml", "kind: [\n")), "app") { Raw = new() { NonManifests = NonManifests.Skip } }).Errors);

    [Fact]
    public void Errors_ManyFiles_AllAtOnceAndNothingRendered()
    {
        var tree = Tree(("app/a.yaml", "kind: ConfigMap\nmetadata: {name: y}\n"), ("app/b.yaml", "a: [\n"), ("app/c.yaml", ConfigMap("ok")),
            ("app/d.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  generateName: x-\n  labels: {a: 1}\n"));
        var result = Render(new RenderRequest(tree, "app"));
        Assert.Empty(result.Objects);
        Assert.Equal(["app/a.yaml", "app/a.yaml", "app/b.yaml", "app/d.yaml", "app/d.yaml"], result.Errors.Select(e => e.File));
        Assert.Contains(result.Errors, e => e.Problem == "metadata.name is the boolean true" && e.Advice.Contains("quotes"));
        Assert.Contains(result.Errors, e => e.Problem == "apiVersion is missing");
        Assert.Contains(result.Errors, e => e.Problem.Contains("another name each time"));
        Assert.Contains(result.Errors, e => e.Problem == "metadata.labels.a is the number 1");
        Assert.All(result.Errors, e => Assert.NotEmpty(e.Advice));
    }

    [Theory]
    [InlineData("../../etc")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a%2fb")]
    public void Name_ThatWouldBeAPath_IsRefused(string name) =>
        Assert.Contains("cannot be a name", Assert.Single(Render(ConfigMap($"'{name}'")).Errors).Problem);

    [Fact]
    public void Errors_TooMany_AreCounted()
    {
        var text = string.Join("---\n", Enumerable.Repeat("kind: A\nmetadata: {name: a}\n", 30));
        var result = Render(new RenderRequest(Tree(("app/a.yaml", text)), "app") { Limits = RenderLimits.Default with { Errors = 10 } });
        Assert.Equal(10, result.Errors.Count);
        Assert.Equal(20, result.MoreErrors);
    }

    [Fact]
    public void File_Of50MB_IsNamedAndNotRead()
    {
        var result = Render(new RenderRequest(new HugeTree(), ""));
        Assert.Contains("50 MiB", Assert.Single(result.Errors).Problem);
    }

    [Fact]
    public void File_LfsPointer_IsNamed() =>
        Assert.Contains("Git LFS", Assert.Single(Render("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n").Errors).Problem);

    [Fact]
    public void Limits_FilesDocumentsObjects_AreNamed()
    {
        var three = string.Join("---\n", Enumerable.Range(0, 3).Select(i => ConfigMap($"c{i}")));
        var tree = Tree(("app/a.yaml", three), ("app/b.yaml", ConfigMap("b")));
        Assert.Contains("more than 1 files", Assert.Single(Limited(new() { Files = 1 })).Problem);
        Assert.Contains("more than 2 documents", Assert.Single(Limited(new() { DocumentsPerFile = 2 })).Problem);
        Assert.Contains("2 are the limit", Assert.Single(Limited(new() { Objects = 2 })).Problem);
        Assert.Contains("together", Assert.Single(Limited(new() { TotalBytes = 60 })).Problem);

        IReadOnlyList<RenderError> Limited(RenderLimits limits) => Render(new RenderRequest(tree, "app") { Limits = limits }).Errors;
    }

    private sealed class HugeTree : IFileTree
    {
        public FileEntry Find(string path) => new("", FileKind.Folder, 0);

        public IReadOnlyList<FileEntry> List(string folder) => [new("big.yaml", FileKind.File, 50 << 20)];

        public ReadOnlyMemory<byte> Read(string file) => throw new InvalidOperationException("it must not be read");
    }
}
