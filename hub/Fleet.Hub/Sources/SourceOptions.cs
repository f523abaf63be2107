using Fleet.Hub.Core.Sources;

namespace Fleet.Hub.Sources;

/// <summary>How GitSources are polled.</summary>
public sealed class SourceOptions
{
    /// <summary>For sources that name no interval of their own.</summary>
    public TimeSpan PollInterval { get; set; } = PollSchedule.DefaultInterval;

    /// <summary>How long asking a remote for its heads may take.</summary>
    public TimeSpan ListWithin { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long fetching may take.</summary>
    public TimeSpan FetchWithin { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Sources polled at once by one node. One that hangs occupies one place until its time is up.</summary>
    public int Concurrency { get; set; } = 32;
}
