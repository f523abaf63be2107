namespace Fleet.Agent.Content;

/// <summary>Bounds of what the agent takes in of one Assignment's content; what is beyond is refused by name.</summary>
internal sealed record ContentLimits
{
    public static readonly ContentLimits Standard = new();

    public int Objects { get; init; } = 100_000;
    public long Bytes { get; init; } = 256L << 20;
    public long ObjectBytes { get; init; } = 32L << 20;
    public int PartBytes { get; init; } = 4 << 20;
    public int Depth { get; init; } = 64;
    public int PathLength { get; init; } = 1024;
}
