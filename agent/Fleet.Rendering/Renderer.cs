using Fleet.Rendering.Raw;
using Fleet.Rendering.Steps;

namespace Fleet.Rendering;

/// <summary>Files in, manifests out: a source of manifests, then the steps that every format goes through.</summary>
public static class Renderer
{
    public static RenderResult Render(RenderRequest request)
    {
        var context = new RenderContext(request);
        var objects = Source(request.Format).Read(context);
        objects = ManifestCheck.Run(objects, context);
        NamespaceStep.Run(objects, context);
        MetadataStep.Run(objects, context);
        objects = DuplicateStep.Run(objects, context);
        if (objects.Count > request.Limits.Objects)
        {
            context.Error(request.Path, 0, 0, $"{objects.Count:N0} objects were rendered, {request.Limits.Objects:N0} are the limit", "Split the Assignment");
        }
        return context.Result(objects);
    }

    private static IManifestSource Source(RenderFormat format) => format switch
    {
        RenderFormat.Raw => new RawSource(),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "unknown format"),
    };
}
