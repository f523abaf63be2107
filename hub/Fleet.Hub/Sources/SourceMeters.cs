using System.Diagnostics.Metrics;
using Fleet.Hub.Sessions;

namespace Fleet.Hub.Sources;

/// <summary>What polling measures. Sources are named: their number is the operator's own.</summary>
internal static class SourceMeters
{
    private static readonly Meter Meter = new(SessionMeters.MeterName);

    public static readonly Histogram<double> PollSeconds = Meter.CreateHistogram<double>("fleet_source_poll_seconds", "s", "How long polls of GitSources took.");
    public static readonly Counter<long> PollFailures = Meter.CreateCounter<long>("fleet_source_poll_failures", description: "Polls that failed, by source and reason.");
    public static readonly Counter<long> NewCommits = Meter.CreateCounter<long>("fleet_source_commits", description: "New commits seen, by source.");
}
