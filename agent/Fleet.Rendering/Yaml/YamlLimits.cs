namespace Fleet.Rendering.Yaml;

/// <summary>Bounds of one YAML stream.</summary>
public sealed record YamlLimits(int Documents, int NodesPerDocument, int Depth)
{
    public static readonly YamlLimits Default = new(5_000, 500_000, 128);
}
