namespace Fleet.Hub.Content;

/// <summary>How content is relayed.</summary>
public sealed class ContentOptions
{
    /// <summary>What prepared answers may weigh together, in bytes.</summary>
    public long CacheBytes { get; set; } = 64L << 20;

    /// <summary>What single large objects may weigh together while they are cut into slices.</summary>
    public long LargeObjectBytes { get; set; } = 64L << 20;

    /// <summary>Plain bytes in one part: so that it is at most 1 MiB however badly it compresses.</summary>
    public int PartBytes { get; set; } = 960 * 1024;
}
