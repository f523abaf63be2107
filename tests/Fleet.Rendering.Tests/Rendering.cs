using System.Text.Json.Nodes;
using Fleet.Rendering.Files;

namespace Fleet.Rendering.Tests;

/// <summary>Short forms for the tests.</summary>
internal static class Rendering
{
    public static MemoryTree Tree(params (string Path, string Text)[] files)
    {
        var tree = new MemoryTree();
        foreach (var (path, text) in files) tree.Add(path, text);
        return tree;
    }

    public static RenderResult Render(RenderRequest request) => Renderer.Render(request);

    public static RenderResult Render(string text, string file = "app/a.yaml") => Renderer.Render(new(Tree((file, text)), "app"));

    public static string ConfigMap(string name, string extra = "") => $"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n{extra}";

    public static JsonObject Meta(RenderedObject o) => (JsonObject)o.Manifest["metadata"]!;
}
