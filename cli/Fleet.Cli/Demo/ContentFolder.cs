using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;
using Fleet.Rendering;
using Fleet.Rendering.Files;

namespace Fleet.Cli.Demo;

/// <summary>One folder of real manifests: what it should come to in a cluster, by the same rendering as the agent's.</summary>
internal sealed class ContentFolder
{
    private ContentFolder(string name, string path, IReadOnlyList<KubeObject> objects)
    {
        Name = name;
        Path = path;
        Objects = objects;
    }

    /// <summary>As a resource's and a namespace's name.</summary>
    public string Name { get; }

    public string Path { get; }

    public IReadOnlyList<KubeObject> Objects { get; }

    /// <summary>Every folder of the one named; where a folder holds an `input` folder (as test collections do), that is the content.</summary>
    public static IReadOnlyList<ContentFolder> In(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new UsageException($"--content: there is no folder '{folder}'");
        }

        var found = Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Select(Of).ToArray();
        return found.Length > 0 ? found : throw new UsageException($"--content: '{folder}' has no folders in it; each of its folders becomes a Git repository");
    }

    public string AssignmentYaml(Uri repository) => $"""
        apiVersion: fleet/v1
        kind: GitSource
        metadata:
          name: {Name}
        spec:
          url: {repository}
          pollInterval: 1s
        ---
        apiVersion: fleet/v1
        kind: Assignment
        metadata:
          name: {Name}
        spec:
          source: {Name}
          ref: main
          path: .
          groups: [all]
          render:
            recursive: true
            defaultNamespace: {Name}
            nonManifests: skip
            duplicates: last

        """;

    private static ContentFolder Of(string folder)
    {
        var path = System.IO.Path.Combine(folder, "input");
        path = Directory.Exists(path) ? path : folder;
        var name = System.IO.Path.GetFileName(folder).ToLowerInvariant().Replace('_', '-').Replace('.', '-');
        var result = Renderer.Render(new RenderRequest(new DiskTree(path), "")
        {
            Raw = new RawOptions { Recursive = true, NonManifests = NonManifests.Skip },
            DefaultNamespace = name,
            Duplicates = Duplicates.Last,
        });
        return result.IsOk
            ? new ContentFolder(name, path, [.. result.Objects.Select(o => new KubeObject((JsonObject)o.Manifest.DeepClone()))])
            : throw new FailureException($"{folder} cannot be rendered: {string.Join("; ", result.Errors.Take(5))}", ExitCodes.InvalidInput);
    }
}
