using Fleet.Hub.Core.Rollups;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Reports;
using Fleet.Hub.Storage.Work;
using Fleet.Hub.Work;
using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Hub.Sessions;

/// <summary>Stores reports in batches, acknowledges them after commit, and wakes the Assignments that they are about.</summary>
internal sealed partial class ReportWriter(
    ReportIntake intake, FleetDatabase database, ReportStore reports, ReportedHolds holds, SessionRecords records, WorkStore work, TimeProvider time,
    ILogger<ReportWriter> logger) : BackgroundService
{
    private const int MaxRows = 500;
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await intake.Batches.WaitToReadAsync(stoppingToken).ConfigureAwait(false))
        {
            var batch = await GatherAsync(stoppingToken).ConfigureAwait(false);
            while (!await TryStoreAsync(batch, stoppingToken).ConfigureAwait(false))
            {
                // The channel fills and the agents wait: nothing is lost, since nothing was acknowledged.
                await Task.Delay(Again, time, stoppingToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<List<ReportedBatch>> GatherAsync(CancellationToken cancellationToken)
    {
        var batch = new List<ReportedBatch>();
        var rows = 0;
        using var limit = new CancellationTokenSource(Gather, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            do
            {
                while (rows < MaxRows && intake.Batches.TryRead(out var next))
                {
                    batch.Add(next);
                    rows += next.Reports.Count + next.Removed.Count + 1;
                }
            }
            while (rows < MaxRows && await intake.Batches.WaitToReadAsync(either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // The time to gather is over.
        }

        return batch;
    }

    private async Task<bool> TryStoreAsync(List<ReportedBatch> batch, CancellationToken cancellationToken)
    {
        try
        {
            await StoreAsync(batch, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Failed(logger, batch.Count, e);
            return false;
        }

        foreach (var reported in batch)
        {
            reported.Session.Outbox.AckReports(reported.Seq);
        }

        return true;
    }

    /// <summary>Stores what several agents said.</summary>
    internal Task StoreAsync(IReadOnlyList<ReportedBatch> batch, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var said = new Dictionary<(string Cluster, string Assignment), Report>();
        foreach (var reported in batch)
        {
            foreach (var report in reported.Reports)
            {
                said[(reported.Session.ClusterId, report.AssignmentUid)] = report;
            }
        }

        var rows = batch.SelectMany(reported => reported.Reports
            .Where(report => reported.Session.MayReport(report))
            .Select(report => Row(reported, report, now))).ToArray();
        return database.WriteAsync(async (tx, cancel) =>
        {
            var touched = new HashSet<string>(StringComparer.Ordinal);
            if (rows.Length > 0)
            {
                var stored = await reports.UpsertAsync(tx, rows, cancel).ConfigureAwait(false);
                touched.UnionWith(stored.Select(change => change.Assignment));
                foreach (var change in stored)
                {
                    await holds.TakeAsync(tx, change.Cluster, said[(change.Cluster, change.Assignment)], cancel).ConfigureAwait(false);
                }
            }

            foreach (var reported in batch.OrderBy(reported => reported.Session.ClusterId, StringComparer.Ordinal))
            {
                await EndAsync(tx, reported, touched, cancel).ConfigureAwait(false);
            }

            await work.RaiseReportedAsync(tx, touched, database.Clock, cancel).ConfigureAwait(false);
            SessionMeters.Reports.Add(rows.Length);
        }, cancellationToken);
    }

    private async Task EndAsync(Transaction tx, ReportedBatch reported, HashSet<string> touched, CancellationToken cancel)
    {
        var (cluster, fence) = (reported.Session.ClusterId, (long)reported.Session.Fence);
        var ended = false;
        if (reported.Snapshot is { } all)
        {
            ended |= await reports.RemoveOthersAsync(tx, cluster, fence, all, cancel).ConfigureAwait(false);
        }

        if (reported.Removed.Count > 0)
        {
            ended |= await reports.RemoveAsync(tx, cluster, fence, reported.Removed, cancel).ConfigureAwait(false);
            touched.UnionWith(reported.Removed.Where(uid => uid.Length <= LiveSession.MaxUid));
        }

        if (ended)
        {
            await records.DropFinishedAsync(tx, cluster, cancel).ConfigureAwait(false);
        }
    }

    private static StoredReport Row(ReportedBatch reported, Report report, DateTimeOffset now) => new(
        reported.Session.ClusterId,
        report.AssignmentUid,
        report.AssignmentName,
        (long)reported.Session.Fence,
        (long)reported.Seq,
        ReportPhases.Name(report.Phase),
        report.Revision,
        report.SpecDigest,
        report.AppliedRevision,
        report.AppliedSpecDigest,
        report.ToByteArray(),
        now,
        ReadySince: null);

    private static partial class Log
    {
        [LoggerMessage(EventName = "ReportsNotStored", Level = LogLevel.Error, Message = "{Count} messages with reports could not be stored; they are tried again")]
        public static partial void Failed(ILogger logger, int count, Exception exception);
    }
}
