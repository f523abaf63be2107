namespace Fleet.Hub.Git;

/// <summary>Bounds of what git may take, and which protocols it may speak.</summary>
public sealed record GitOptions
{
    public TimeSpan LsRemoteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan FetchTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>For a command on the mirror itself.</summary>
    public TimeSpan LocalTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>git processes at once, over all mirrors.</summary>
    public int MaxProcesses { get; init; } = 8;

    /// <summary>Bytes that one command may print.</summary>
    public int MaxOutputBytes { get; init; } = 64 << 20;

    /// <summary>Repositories in the hub's own file system (file:// and plain paths); for tests.</summary>
    public bool AllowFile { get; init; }
}

/// <summary>Bounds of the content of one Assignment at one commit.</summary>
public sealed record ClosureLimits
{
    public static readonly ClosureLimits Default = new();

    public int MaxObjects { get; init; } = 50_000;

    public long MaxBytes { get; init; } = 100L << 20;

    public long MaxBlobBytes { get; init; } = 10L << 20;

    public int MaxDepth { get; init; } = 64;

    public int MaxPathLength { get; init; } = 1024;
}
