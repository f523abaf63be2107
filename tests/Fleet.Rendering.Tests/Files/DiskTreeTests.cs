using Fleet.Rendering.Files;

namespace Fleet.Rendering.Tests.Files;

public sealed class DiskTreeTests : IDisposable
{
    private readonly DirectoryInfo _outer = Directory.CreateTempSubdirectory("fleet-disktree-");

    public void Dispose() => _outer.Delete(recursive: true);

    [Fact]
    public void Link_OutOfTheTree_IsNotFollowed()
    {
        var root = _outer.CreateSubdirectory("root");
        File.WriteAllText(Path.Combine(_outer.FullName, "secret.yaml"), "a: 1");
        File.WriteAllText(Path.Combine(root.FullName, "in.yaml"), "a: 1");
        File.CreateSymbolicLink(Path.Combine(root.FullName, "out.yaml"), Path.Combine(_outer.FullName, "secret.yaml"));
        File.CreateSymbolicLink(Path.Combine(root.FullName, "inside.yaml"), "in.yaml");
        var tree = new DiskTree(root.FullName);
        Assert.Equal(FileKind.Link, tree.Find("out.yaml").Kind);
        Assert.Equal(FileKind.File, tree.Find("inside.yaml").Kind);
        Assert.Equal(FileKind.Missing, tree.Find("none").Kind);
        Assert.Equal(FileKind.Folder, tree.Find("").Kind);
        var result = Renderer.Render(new(tree, ""));
        Assert.Contains(result.Errors, e => e.File == "out.yaml" && e.Problem.Contains("symbolic link"));
    }
}
