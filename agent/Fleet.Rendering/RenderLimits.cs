namespace Fleet.Rendering;

/// <summary>Bounds of one rendering; what is beyond them is named and refused, never cut.</summary>
public sealed record RenderLimits
{
    public static readonly RenderLimits Default = new();

    /// <summary>An API server takes 3 MiB a request; a file may hold many objects.</summary>
    public long FileBytes { get; init; } = 16 << 20;
    public long TotalBytes { get; init; } = 128 << 20;
    public int Files { get; init; } = 20_000;
    public int DocumentsPerFile { get; init; } = 5_000;
    public int Objects { get; init; } = 20_000;
    /// <summary>Values in one document, aliases counted as what they stand for: a bomb of aliases ends here.</summary>
    public int NodesPerDocument { get; init; } = 500_000;
    public int Depth { get; init; } = 128;
    /// <summary>Errors named; the rest is counted.</summary>
    public int Errors { get; init; } = 100;
}
