using System.Diagnostics.Metrics;

namespace Fleet.Hub.Sessions;

/// <summary>What sessions measure.</summary>
internal static class SessionMeters
{
    public const string MeterName = "Fleet.Hub";

    private static readonly Meter Meter = new(MeterName);

    public static readonly UpDownCounter<int> Sessions = Meter.CreateUpDownCounter<int>("fleet_sessions", description: "Sessions that this node holds.");
    public static readonly Counter<long> Opened = Meter.CreateCounter<long>("fleet_sessions_opened", description: "Sessions opened, by how the desired state was resumed.");
    public static readonly Counter<long> Refused = Meter.CreateCounter<long>("fleet_sessions_refused", description: "Sessions refused, by reason.");
    public static readonly Counter<long> UnknownMessages = Meter.CreateCounter<long>("fleet_session_unknown_messages", description: "Messages of a newer protocol that were left aside.");
    public static readonly Counter<long> Reports = Meter.CreateCounter<long>("fleet_reports", description: "Reports stored.");
}
