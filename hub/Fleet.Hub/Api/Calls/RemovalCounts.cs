using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Reports;
using Fleet.V1;

namespace Fleet.Hub.Api.Calls;

/// <summary>How much a deletion concerns, by what agents reported last.</summary>
internal sealed class RemovalCounts(RollupStore rollups)
{
    private const int Page = 500;

    /// <summary>Clusters that have the Assignment, and objects in them.</summary>
    public Task<(int Count, int Objects)> OfAssignmentAsync(Transaction tx, string uid, CancellationToken cancellationToken) =>
        SumAsync((after, cancel) => rollups.ListOfAssignmentAsync(tx, uid, after, Page, cancel), row => row.Cluster, cancellationToken);

    /// <summary>Assignments of the cluster, and objects of them in it.</summary>
    public Task<(int Count, int Objects)> OfClusterAsync(Transaction tx, string id, CancellationToken cancellationToken) =>
        SumAsync((after, cancel) => rollups.ListOfClusterAsync(tx, id, after, Page, cancel), row => row.Assignment, cancellationToken);

    private static async Task<(int, int)> SumAsync(
        Func<string, CancellationToken, Task<IReadOnlyList<ClusterAssignmentRow>>> read, Func<ClusterAssignmentRow, string> cursor, CancellationToken cancellationToken)
    {
        var (count, objects) = (0, 0);
        for (var after = ""; ;)
        {
            var rows = await read(after, cancellationToken).ConfigureAwait(false);
            count += rows.Count;
            objects += rows.Sum(row => row.ReportBody is null ? 0 : Report.Parser.ParseFrom(row.ReportBody).Objects?.Desired ?? 0);
            if (rows.Count < Page)
            {
                return (count, objects);
            }

            after = cursor(rows[^1]);
        }
    }
}
