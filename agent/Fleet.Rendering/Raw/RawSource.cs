using System.Text.Json.Nodes;
using Fleet.Rendering.Yaml;

namespace Fleet.Rendering.Raw;

/// <summary>Files that are manifests: multi-document YAML, JSON, and lists of either.</summary>
internal sealed class RawSource : IManifestSource
{
    private static readonly byte[] LfsPointer = "version https://git-lfs.github.com/spec/"u8.ToArray();

    public List<RenderedObject> Read(RenderContext context)
    {
        var objects = new List<RenderedObject>();
        long total = 0;
        foreach (var (path, size) in FileSelection.Select(context))
        {
            if (size > context.Limits.FileBytes)
            {
                context.Error(path, 0, 0, $"the file has {Size(size)}, {Size(context.Limits.FileBytes)} is the limit", "Split it, or exclude it: an API server takes no object of more than 1.5 MB");
                continue;
            }
            total += size;
            if (total > context.Limits.TotalBytes)
            {
                context.Error(path, 0, 0, $"the files together have more than {Size(context.Limits.TotalBytes)}", "Split the Assignment, or exclude files");
                break;
            }
            ReadFile(path, context, objects);
        }
        return objects;
    }

    private static void ReadFile(string path, RenderContext context, List<RenderedObject> objects)
    {
        var bytes = context.Request.Files.Read(path).Span;
        if (bytes.StartsWith(LfsPointer))
        {
            context.Error(path, 1, 1, "the file is a Git LFS pointer, and its content is not in the repository", "Commit the file itself: git lfs untrack, then add it again");
            return;
        }
        var problems = new List<YamlProblem>();
        var limits = new YamlLimits(context.Limits.DocumentsPerFile, context.Limits.NodesPerDocument, context.Limits.Depth);
        foreach (var document in YamlReader.Read(bytes, limits, problems)) ReadDocument(path, document, context, objects);
        foreach (var p in problems) context.Error(path, p.Place.Line, p.Place.Column, p.Problem, p.Advice);
    }

    private static void ReadDocument(string path, YamlDocument document, RenderContext context, List<RenderedObject> objects)
    {
        foreach (var note in document.Notes) context.Note($"{path}:{note.Place.Line}: {note.Problem}");
        if (document.Root is JsonObject { Count: 0 }) return; // What a template leaves behind when it is switched off.
        if (document.Root is not JsonObject root)
        {
            NotAManifest(path, document.Start, "a document is no map", context);
            return;
        }
        if (!root.ContainsKey("apiVersion") && !root.ContainsKey("kind"))
        {
            NotAManifest(path, document.Start, "a document has neither apiVersion nor kind", context);
            return;
        }
        if (Text(root, "apiVersion")?.StartsWith("kustomize.config.k8s.io/", StringComparison.Ordinal) == true)
        {
            NotAManifest(path, document.Start, $"a {Text(root, "kind")} is for kustomize and not for a cluster", context);
            return;
        }
        Expand(path, root, document, context, objects, 0);
    }

    /// <summary>A List stands for its items; a typed one (ConfigMapList) lends them its kind.</summary>
    private static void Expand(string path, JsonObject root, YamlDocument document, RenderContext context, List<RenderedObject> objects, int depth)
    {
        var place = document.Of(root);
        var kind = Text(root, "kind");
        if (kind is null || !kind.EndsWith("List", StringComparison.Ordinal) || !root.TryGetPropertyValue("items", out var node))
        {
            objects.Add(new(root, path, place.Line));
            return;
        }
        if (node is null) return;
        if (node is not JsonArray items)
        {
            context.Error(path, place.Line, place.Column, $"items of the {kind} is no list", "Write '- apiVersion: …' for each item");
            return;
        }
        if (depth > 8)
        {
            context.Error(path, place.Line, place.Column, "Lists are nested deeper than 8 levels", "Write their items directly");
            return;
        }
        var detached = items.ToList();
        items.Clear();
        foreach (var item in detached)
        {
            if (item is not JsonObject o)
            {
                context.Error(path, place.Line, place.Column, $"an item of the {kind} is no map", "Each item is a manifest");
                continue;
            }
            if (kind.Length > 4)
            {
                if (o["kind"] is null) o["kind"] = kind[..^4];
                if (o["apiVersion"] is null && root["apiVersion"] is { } version) o["apiVersion"] = version.DeepClone();
            }
            Expand(path, o, document, context, objects, depth + 1);
        }
    }

    private static void NotAManifest(string path, Place place, string what, RenderContext context)
    {
        if (context.Request.Raw.NonManifests == NonManifests.Skip) context.Note($"{path}:{place.Line}: skipped, since {what}");
        else context.Error(path, place.Line, place.Column, $"this is no Kubernetes manifest: {what}", "Add apiVersion and kind, exclude the file (render.exclude), or set render.nonManifests: skip");
    }

    private static string? Text(JsonObject o, string key) => ManifestText.Of(o, key);

    private static string Size(long bytes) => bytes >= 1 << 20 ? $"{bytes / 1048576.0:0.#} MiB" : $"{bytes / 1024.0:0.#} KiB";
}
