using System.Text.Json.Nodes;
using static Fleet.Rendering.Tests.Rendering;

namespace Fleet.Rendering.Tests.Steps;

public sealed class StepTests
{
    private const string Mixed = """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: sa, namespace: old}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: crb}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
        subjects:
        - {kind: ServiceAccount, name: sa, namespace: old}
        - {kind: ServiceAccount, name: elsewhere, namespace: kube-system}
        - {kind: User, name: sa}
        ---
        apiVersion: v1
        kind: Namespace
        metadata: {name: old}
        ---
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: wides.example.com}
        spec: {group: example.com, scope: Cluster, names: {kind: Wide, plural: wides}}
        ---
        apiVersion: example.com/v1
        kind: Wide
        metadata: {name: w}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: plain}
        """;

    [Fact]
    public void Namespace_Override_MovesNamespacedObjectsAndTheirSubjects()
    {
        var result = Render(new RenderRequest(Tree(("a.yaml", Mixed)), "") { Namespace = "new", DefaultNamespace = "unused" });
        Assert.Empty(result.Errors);
        Assert.Equal(["new", null, null, null, null, "new"], result.Objects.Select(o => Meta(o)["namespace"]?.ToString()));
        Assert.Equal(["new", "kube-system", null], ((JsonArray)result.Objects[1].Manifest["subjects"]!).Select(s => s!["namespace"]?.ToString()));
    }

    [Fact]
    public void Namespace_Default_FillsOnlyWhatNamesNone()
    {
        var result = Render(new RenderRequest(Tree(("a.yaml", Mixed)), "") { DefaultNamespace = "d" });
        Assert.Equal(["old", null, null, null, null, "d"], result.Objects.Select(o => Meta(o)["namespace"]?.ToString()));
    }

    [Fact]
    public void Labels_Common_GoToMetadataAlone()
    {
        const string deployment = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d, labels: {app: d, team: old}}
            spec: {selector: {matchLabels: {app: d}}, template: {metadata: {labels: {app: d}}}}
            """;
        var result = Render(new RenderRequest(Tree(("a.yaml", deployment)), "")
        {
            Labels = new Dictionary<string, string> { ["team"] = "new" },
            Annotations = new Dictionary<string, string> { ["note"] = "1" },
        });
        var m = Assert.Single(result.Objects).Manifest;
        Assert.Equal("""{"app":"d","team":"new"}""", m["metadata"]!["labels"]!.ToJsonString());
        Assert.Equal("""{"note":"1"}""", m["metadata"]!["annotations"]!.ToJsonString());
        Assert.Equal("""{"selector":{"matchLabels":{"app":"d"}},"template":{"metadata":{"labels":{"app":"d"}}}}""", m["spec"]!.ToJsonString());
    }

    [Fact]
    public void Duplicates_ByDefault_NameBothFilesAndLines()
    {
        var tree = Tree(("app/a.yaml", ConfigMap("x")), ("app/b.yaml", "# hi\n" + ConfigMap("x", "data: {a: b}\n")));
        var error = Assert.Single(Render(new RenderRequest(tree, "app")).Errors);
        Assert.Equal("app/b.yaml:2: ConfigMap x stands twice: here and in app/a.yaml:1. Remove one of them, exclude a file, or set render.duplicates: last", error.ToString());
    }

    [Fact]
    public void Duplicates_OtherVersionOfOneKind_AreOneObject()
    {
        var tree = Tree(("a.yaml", "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\n"));
        Assert.Single(Render(new RenderRequest(tree, "")).Errors);
    }

    [Fact]
    public void Duplicates_Last_LaterFileWinsWithANote()
    {
        var tree = Tree(("app/a.yaml", ConfigMap("x", "data: {from: a}\n") + "---\n" + ConfigMap("z")), ("app/b.yaml", ConfigMap("x", "data: {from: b}\n")));
        var result = Render(new RenderRequest(tree, "app") { Duplicates = Duplicates.Last });
        Assert.Equal(["z", "x"], result.Objects.Select(o => Meta(o)["name"]!.ToString()));
        Assert.Equal("b", result.Objects[1].Manifest["data"]!["from"]!.ToString());
        Assert.Contains("replaces the one of app/a.yaml:1", Assert.Single(result.Notes));
    }

    [Fact]
    public void Render_Twice_IsTheSame()
    {
        var tree = Tree(("a.yaml", Mixed));
        Assert.Equal(Text(), Text());

        string Text() => string.Join("\n", Render(new RenderRequest(tree, "") { Namespace = "n" }).Objects.Select(o => o.Manifest.ToJsonString()));
    }
}
