using System.Globalization;
using Fleet.Hub.Core.Clusters;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Reports;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Api.Views;

/// <summary>ClusterAssignment: a cluster's target and what its agent last said of it. Its name is ASSIGNMENT.CLUSTER.</summary>
internal sealed class ClusterAssignmentView(FleetStores stores) : IResourceView
{
    public ResourceKind Kind => ResourceKind.ClusterAssignment;

    public async Task<Resource?> GetAsync(Transaction tx, string name, CancellationToken cancellationToken)
    {
        // Both names may hold dots: every cut is tried, and at most one names two things that exist and belong together.
        for (var dot = name.IndexOf('.', StringComparison.Ordinal); dot > 0; dot = name.IndexOf('.', dot + 1))
        {
            var assignment = await stores.Resources.GetAsync(tx, nameof(Assignment), name[..dot], cancellationToken).ConfigureAwait(false);
            var cluster = assignment is null ? null : await stores.Clusters.GetByNameAsync(tx, name[(dot + 1)..], cancellationToken).ConfigureAwait(false);
            if (cluster is not null && await stores.Rollups.GetAsync(tx, cluster.Id, assignment!.Uid, cancellationToken).ConfigureAwait(false) is { } row)
            {
                return Show(row);
            }
        }

        return null;
    }

    public async Task<IReadOnlyList<Shown>> PageAsync(Transaction tx, ViewFilter filter, string after, int limit, CancellationToken cancellationToken)
    {
        var cluster = filter.Cluster.Length == 0 ? null : await stores.Clusters.GetByNameAsync(tx, filter.Cluster, cancellationToken).ConfigureAwait(false);
        var assignment = filter.Assignment.Length == 0 ? null : await stores.Resources.GetAsync(tx, nameof(Assignment), filter.Assignment, cancellationToken).ConfigureAwait(false);
        if ((cluster is null && filter.Cluster.Length > 0) || (assignment is null && filter.Assignment.Length > 0))
        {
            return [];
        }

        var rows = (cluster, assignment) switch
        {
            (not null, not null) => after.Length > 0 || await stores.Rollups.GetAsync(tx, cluster.Id, assignment.Uid, cancellationToken).ConfigureAwait(false) is not { } one ? [] : [one],
            (not null, _) => await stores.Rollups.ListOfClusterAsync(tx, cluster.Id, Second(after), limit, cancellationToken).ConfigureAwait(false),
            (_, not null) => await stores.Rollups.ListOfAssignmentAsync(tx, assignment.Uid, First(after), limit, cancellationToken).ConfigureAwait(false),
            _ => await stores.Rollups.ListAsync(tx, First(after), Second(after), limit, cancellationToken).ConfigureAwait(false),
        };
        return [.. rows.Select(row => new Shown($"{row.Cluster} {row.Assignment}", Show(row)))];
    }

    private static string First(string cursor) => cursor.Split(' ')[0];

    private static string Second(string cursor) => cursor.Length == 0 ? "" : cursor.Split(' ')[^1];

    private static Resource Show(ClusterAssignmentRow row)
    {
        var report = row.ReportBody is null ? null : Report.Parser.ParseFrom(row.ReportBody);
        var spec = new ClusterAssignmentSpec
        {
            Cluster = row.ClusterName,
            Assignment = row.AssignmentName,
            Revision = row.Revision,
            SpecDigest = row.SpecDigest,
            Removal = row.TombstoneCause is null ? "" : $"{(string.Equals(row.TombstonePolicy, "delete", StringComparison.OrdinalIgnoreCase) ? "Deleted" : "Kept")}: {row.TombstoneCause}",
        };
        var metadata = new ObjectMeta
        {
            Name = $"{row.AssignmentName}.{row.ClusterName}",
            Uid = $"{row.Assignment}.{row.Cluster}",
            Labels = { row.ClusterLabels.ToDictionary() },
            Generation = (int)row.Generation,
            ResourceVersion = string.Create(CultureInfo.InvariantCulture, $"{row.Generation}.{row.ReportReceived?.ToUnixTimeMilliseconds() ?? 0}"),
            CreationTimestamp = Timestamp.FromDateTimeOffset(row.Changed),
        };
        return new Resource
        {
            ClusterAssignment = new ClusterAssignment
            {
                ApiVersion = ResourceKinds.ApiVersion,
                Kind = nameof(ClusterAssignment),
                Metadata = metadata,
                Spec = spec,
                Status = Status(row, report),
            },
        };
    }

    private static ClusterAssignmentStatus Status(ClusterAssignmentRow row, Report? report)
    {
        var (phase, message) = Phase(row, report);
        var status = new ClusterAssignmentStatus { Phase = phase, Message = message, Outlook = Outlooks.Of(row, report, phase, message) };
        if (report is null)
        {
            return status;
        }

        status.AppliedRevision = report.AppliedRevision;
        status.AppliedSpecDigest = report.AppliedSpecDigest;
        status.Objects = report.Objects;
        status.Resources.Add(report.Resources);
        status.Drifts.Add(report.Drifts);
        status.Conflicts.Add(report.Conflicts);
        status.Error = report.Error;
        status.HeldPrunes.Add(report.Holds.SelectMany(h => h.Items));
        status.LastReportTime = Time(row.ReportReceived);
        status.ReadyTime = Time(row.ReadySince);
        status.LastReportedPhase = report.Phase.ToString();
        status.Notes.Add(report.Notes);
        status.Corrections = report.Corrections;
        status.LastCorrectionTime = report.LastCorrectionTime;
        status.Outlook = report.Outlook;
        return status;
    }

    // An offline cluster is never shown as what it last said: nobody knows what it is now.
    private static (string Phase, string Message) Phase(ClusterAssignmentRow row, Report? report)
    {
        var heard = System.Enum.TryParse<Connectivity>(row.ClusterState, out var state) && ClusterLiveness.IsHeard(state);
        if (!heard)
        {
            return ("Offline", $"The cluster is {row.ClusterState}: {(report is null ? "its agent has said nothing of this Assignment yet." : $"last reported {report.Phase}; what it is now is not known.")}");
        }

        if (row.TombstoneCause is not null)
        {
            return ("Removing", $"It is being removed ({row.TombstoneCause}).");
        }

        if (report is null)
        {
            return ("Pending", "The agent has not reported on this Assignment yet.");
        }

        return report.Revision == row.Revision && report.SpecDigest == row.SpecDigest
            ? (report.Phase.ToString(), report.Message)
            : ("Pending", "The agent has not reported on the wanted revision and spec yet.");
    }

    private static Timestamp? Time(DateTimeOffset? time) => time is { } t ? Timestamp.FromDateTimeOffset(t) : null;
}
