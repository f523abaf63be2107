using System.Threading.Channels;
using Fleet.V1;

namespace Fleet.Hub.Sessions;

/// <summary>What agents report, on its way to the database: one bounded channel per node.</summary>
/// <remarks>A full channel makes the readers of the streams wait, and so, by HTTP/2's windows, the agents.</remarks>
internal sealed class ReportIntake
{
    // A message is at most 1 MiB, so that is what may wait at most, in MiB.
    private const int Capacity = 128;
    private const int MaxAssignments = 20_000;

    private readonly Channel<ReportedBatch> _channel = Channel.CreateBounded<ReportedBatch>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    public ChannelReader<ReportedBatch> Batches => _channel.Reader;

    public ValueTask TakeAsync(LiveSession session, ReportDelta delta, CancellationToken cancellationToken) =>
        _channel.Writer.WriteAsync(new ReportedBatch(session, delta.Seq, delta.Reports, delta.Removed, Snapshot: null), cancellationToken);

    public ValueTask TakeAsync(LiveSession session, ReportSnapshot snapshot, CancellationToken cancellationToken)
    {
        var uids = session.SnapshotUids ??= new HashSet<string>(StringComparer.Ordinal);
        uids.UnionWith(snapshot.Reports.Select(report => report.AssignmentUid));
        if (uids.Count > MaxAssignments)
        {
            throw SessionRefusals.Malformed($"A snapshot names at most {MaxAssignments} assignments.");
        }

        if (snapshot.Last)
        {
            session.SnapshotUids = null;
        }

        return _channel.Writer.WriteAsync(
            new ReportedBatch(session, snapshot.Seq, snapshot.Reports, [], snapshot.Last ? uids : null), cancellationToken);
    }
}

/// <summary>One message's reports.</summary>
/// <param name="Session">Whose they are.</param>
/// <param name="Seq">What is acknowledged once they are stored.</param>
/// <param name="Reports">New or changed.</param>
/// <param name="Removed">Assignments whose removal is complete.</param>
/// <param name="Snapshot">At the end of a snapshot: all assignments that were in it; what else is stored is over.</param>
internal sealed record ReportedBatch(
    LiveSession Session, ulong Seq, IReadOnlyList<Report> Reports, IReadOnlyList<string> Removed, IReadOnlySet<string>? Snapshot);
