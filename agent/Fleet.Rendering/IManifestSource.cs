namespace Fleet.Rendering;

/// <summary>Reads or makes manifests out of files, one implementation a format; errors go into the context, and what could be read is returned beside them.</summary>
internal interface IManifestSource
{
    List<RenderedObject> Read(RenderContext context);
}
