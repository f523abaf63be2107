namespace Fleet.Hub.Core.Sources;

/// <summary>What a ref was found to mean.</summary>
/// <param name="Commit">Object id, lower-case hex; null when the remote has no such ref.</param>
/// <param name="IsPinned">A full commit id that no advertised ref points at: whether it exists is seen once it is fetched.</param>
/// <param name="Problem">For people: why there is no commit, and what to do.</param>
public sealed record RefResolution(string? Commit, bool IsPinned, string? Problem)
{
    public static RefResolution Found(string commit) => new(commit, false, null);

    public static RefResolution Pinned(string commit) => new(commit, true, null);

    public static RefResolution Missing(string problem) => new(null, false, problem);
}
