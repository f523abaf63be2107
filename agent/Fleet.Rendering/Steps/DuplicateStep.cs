namespace Fleet.Rendering.Steps;

/// <summary>Finds objects that stand twice: two versions of one kind are one object, and which one wins must not be left to chance.</summary>
internal static class DuplicateStep
{
    public static List<RenderedObject> Run(List<RenderedObject> objects, RenderContext context)
    {
        var byKey = new Dictionary<(string, string, string, string), int>();
        var kept = new List<RenderedObject?>();
        foreach (var o in objects)
        {
            var m = o.Manifest;
            var key = (ManifestText.Group(m), ManifestText.Kind(m), ManifestText.Namespace(m), ManifestText.Name(m));
            if (byKey.TryGetValue(key, out var index))
            {
                var first = kept[index]!;
                var name = key.Item3.Length == 0 ? $"{key.Item2} {key.Item4}" : $"{key.Item2} {key.Item3}/{key.Item4}";
                if (context.Request.Duplicates == Duplicates.Error)
                {
                    context.Error(o, $"{name} stands twice: here and in {first.Place}", "Remove one of them, exclude a file, or set render.duplicates: last");
                    continue;
                }
                context.Note($"{o.Place}: {name} replaces the one of {first.Place}");
                kept[index] = null;
            }
            byKey[key] = kept.Count;
            kept.Add(o);
        }
        return [.. kept.OfType<RenderedObject>()];
    }
}
