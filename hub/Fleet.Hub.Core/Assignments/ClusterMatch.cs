using Fleet.Hub.Core.Resources;
using Fleet.V1;

namespace Fleet.Hub.Core.Assignments;

/// <summary>Which Clusters an Assignment is for.</summary>
public static class ClusterMatch
{
    /// <summary>Resolves an Assignment's groups over all Clusters.</summary>
    /// <param name="spec">The Assignment.</param>
    /// <param name="groups">ClusterGroups by name; those that the Assignment names and that are not here are missing.</param>
    /// <param name="clusters">Every approved Cluster.</param>
    public static MatchedClusters Resolve(
        AssignmentSpec spec, IReadOnlyDictionary<string, ClusterGroup> groups, IReadOnlyCollection<CandidateCluster> clusters)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentNullException.ThrowIfNull(clusters);

        var matched = new SortedSet<string>(StringComparer.Ordinal);
        var problems = new List<string>();
        foreach (var name in spec.Groups.Distinct(StringComparer.Ordinal))
        {
            if (!groups.TryGetValue(name, out var group))
            {
                problems.Add($"ClusterGroup '{name}' does not exist. Its clusters keep what they have; create the group or take it out of spec.groups.");
                continue;
            }

            var selector = group.Spec?.Selector;
            if (selector?.MatchExpressions.FirstOrDefault(term => !LabelSelectors.Operators.Contains(term.Operator)) is { } unreadable)
            {
                problems.Add($"ClusterGroup '{name}' has a selector with the unknown operator '{unreadable.Operator}'. "
                    + $"Its clusters keep what they have; use one of {string.Join(", ", LabelSelectors.Operators)}.");
                continue;
            }

            matched.UnionWith(Of(group.Spec ?? new ClusterGroupSpec(), clusters));
        }

        // Absence never deletes: while one group cannot be read, nobody can say that a cluster has left it.
        return new MatchedClusters(matched, problems, MayRemove: problems.Count == 0);
    }

    /// <summary>Ids of the clusters of one group.</summary>
    public static IEnumerable<string> Of(ClusterGroupSpec group, IReadOnlyCollection<CandidateCluster> clusters)
    {
        ArgumentNullException.ThrowIfNull(group);
        var names = group.Names.ToHashSet(StringComparer.Ordinal);
        return [.. clusters
            .Where(cluster => names.Contains(cluster.Name) || LabelSelectors.Matches(group.Selector, cluster.Labels))
            .Select(cluster => cluster.Id)];
    }
}

/// <summary>A Cluster as far as groups look at it.</summary>
public sealed record CandidateCluster(string Id, string Name, IReadOnlyDictionary<string, string> Labels, bool Suspended = false);

/// <summary>The clusters of an Assignment.</summary>
/// <param name="ClusterIds">In ordinal order.</param>
/// <param name="Problems">For people; a group that is missing or unreadable.</param>
/// <param name="MayRemove">False: clusters that are not in the set must keep their targets.</param>
public sealed record MatchedClusters(IReadOnlySet<string> ClusterIds, IReadOnlyList<string> Problems, bool MayRemove);
