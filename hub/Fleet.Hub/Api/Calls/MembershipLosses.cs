using Fleet.Hub.Api.Views;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Resources;
using Fleet.V1;

namespace Fleet.Hub.Api.Calls;

/// <summary>Which Assignments a cluster would lose by other labels: a slip in a label must not uninstall workloads.</summary>
internal sealed class MembershipLosses(ResourceStore resources)
{
    private const int Page = 500;

    /// <summary>Names of the Assignments lost, sorted.</summary>
    public async Task<IReadOnlyList<string>> OfAsync(Transaction tx, StoredCluster cluster, IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken)
    {
        var left = new HashSet<string>(StringComparer.Ordinal);
        var kept = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var group in AllAsync(tx, nameof(ClusterGroup), cancellationToken).ConfigureAwait(false))
        {
            var spec = group.ClusterGroup.Spec;
            var was = IsMember(spec, cluster.Name, cluster.Labels);
            var stays = IsMember(spec, cluster.Name, labels);
            (stays ? kept : was ? left : null)?.Add(group.ClusterGroup.Metadata.Name);
        }

        var lost = new List<string>();
        if (left.Count > 0)
        {
            await foreach (var resource in AllAsync(tx, nameof(Assignment), cancellationToken).ConfigureAwait(false))
            {
                var groups = resource.Assignment.Spec.Groups;
                if (groups.Any(left.Contains) && !groups.Any(kept.Contains))
                {
                    lost.Add(resource.Assignment.Metadata.Name);
                }
            }
        }

        return lost;
    }

    /// <summary>The names as prose, cut.</summary>
    public static string Describe(IReadOnlyList<string> lost) =>
        $"{lost.Count} Assignment{(lost.Count == 1 ? "" : "s")} ({string.Join(", ", lost.Take(10))}{(lost.Count > 10 ? ", …" : "")})";

    private static bool IsMember(ClusterGroupSpec spec, string name, IReadOnlyDictionary<string, string> labels) =>
        spec.Names.Contains(name) || LabelSelectors.Matches(spec.Selector, labels);

    private async IAsyncEnumerable<Resource> AllAsync(Transaction tx, string kind, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var after = ""; ;)
        {
            var rows = await resources.ListAsync(tx, kind, after, Page, cancellationToken).ConfigureAwait(false);
            foreach (var row in rows)
            {
                yield return DeclaredRows.Read(row);
            }

            if (rows.Count < Page)
            {
                yield break;
            }

            after = rows[^1].Name;
        }
    }
}
