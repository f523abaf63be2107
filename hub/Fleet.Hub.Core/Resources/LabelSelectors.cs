using Fleet.V1;

namespace Fleet.Hub.Core.Resources;

/// <summary>Matches label selectors as Kubernetes does.</summary>
public static class LabelSelectors
{
    /// <summary>The operators, as written in matchExpressions.</summary>
    public static readonly IReadOnlyList<string> Operators = ["In", "NotIn", "Exists", "DoesNotExist"];

    /// <summary>True when all terms match. An absent selector matches nothing, an empty one everything.</summary>
    public static bool Matches(LabelSelector? selector, IReadOnlyDictionary<string, string> labels) =>
        selector is not null && MatchesAll(selector, labels.TryGetValue);

    /// <inheritdoc cref="Matches(LabelSelector?, IReadOnlyDictionary{string, string})"/>
    public static bool Matches(LabelSelector? selector, IDictionary<string, string> labels) =>
        selector is not null && MatchesAll(selector, labels.TryGetValue!);

    /// <summary>True when the cluster is in the group: by its labels, or by name.</summary>
    public static bool IsMember(ClusterGroupSpec group, string clusterName, IDictionary<string, string> labels) =>
        group.Names.Contains(clusterName) || Matches(group.Selector, labels);

    private static bool MatchesAll(LabelSelector selector, Lookup labels)
    {
        foreach (var (key, wanted) in selector.MatchLabels)
        {
            if (!labels(key, out var value) || value != wanted)
            {
                return false;
            }
        }

        foreach (var requirement in selector.MatchExpressions)
        {
            if (!MatchesOne(requirement, labels))
            {
                return false;
            }
        }

        return true;
    }

    // NotIn matches a missing key too, as in Kubernetes. An unknown operator matches nothing: fail closed.
    private static bool MatchesOne(LabelSelectorRequirement requirement, Lookup labels)
    {
        var present = labels(requirement.Key, out var value);
        return requirement.Operator switch
        {
            "In" => present && requirement.Values.Contains(value!),
            "NotIn" => !present || !requirement.Values.Contains(value!),
            "Exists" => present,
            "DoesNotExist" => !present,
            _ => false,
        };
    }

    private delegate bool Lookup(string key, out string? value);
}
