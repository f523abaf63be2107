using Fleet.Hub.Storage.Reports;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Api.Views;

/// <summary>Why a ClusterAssignment is not ready, whose turn it is, until when that is normal, and what is looked at next.</summary>
internal static class Outlooks
{
    private static readonly TimeSpan ReportWithin = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan RemoveWithin = TimeSpan.FromMinutes(10);

    /// <summary>Null for what is ready. The agent's own word counts where it speaks of what the hub wants; else the hub knows why it does not.</summary>
    public static Outlook? Of(ClusterAssignmentRow row, Report? report, string phase, string message)
    {
        var changed = Timestamp.FromDateTimeOffset(row.Changed);
        switch (phase)
        {
            case nameof(ReportPhase.Ready):
                return null;
            case "Offline":
                return new Outlook
                {
                    Reason = "ClusterOffline",
                    Message = "The agent tries to connect every 20 s at most, and goes on with what it has. Check its pod, and its way to the hub.",
                    Owner = "cluster",
                    Since = row.ReportReceived is { } heard ? Timestamp.FromDateTimeOffset(heard) : changed,
                };
            case "Removing" when report?.Phase != ReportPhase.Removing || report.Outlook is null:
                return new Outlook { Reason = "Removing", Message = message, Owner = "agent", Since = changed, DeadlineTime = Timestamp.FromDateTimeOffset(row.Changed + RemoveWithin) };
            case "Pending" when report?.Revision != row.Revision || report.SpecDigest != row.SpecDigest:
                return new Outlook { Reason = "AwaitingReport", Message = message, Owner = "agent", Since = changed, DeadlineTime = Timestamp.FromDateTimeOffset(row.Changed + ReportWithin) };
            default:
                return report?.Outlook ?? OfError(report, phase, message, changed);
        }
    }

    // An agent of before outlooks were said.
    private static Outlook OfError(Report? report, string phase, string message, Timestamp changed) => report?.Error is { } error
        ? new Outlook
        {
            Reason = error.Reason,
            Message = error.Message,
            Owner = error.Owner.Length > 0 ? error.Owner : error.Retry == "Stalled" ? "git" : "agent",
            Since = error.Since ?? report.ObservedTime ?? changed,
            DeadlineTime = error.DeadlineTime,
            NextTime = error.NextTryTime,
        }
        : new Outlook { Reason = phase, Message = message, Owner = phase is nameof(ReportPhase.Waiting) or nameof(ReportPhase.Suspended) ? "operator" : "agent", Since = report?.ObservedTime ?? changed };
}
