using Fleet.V1;

namespace Fleet.Hub.Core.Resources.Validation;

/// <summary>Cluster: what of it may be applied.</summary>
internal static class ClusterValidator
{
    private const int MaxDescription = 1024;

    public static void Validate(Cluster cluster, Violations violations)
    {
        SuspensionValidator.Validate(cluster.Spec?.Suspend ?? false, cluster.Spec?.SuspendUntil is not null, cluster.Spec?.SuspendReason ?? "", violations);
        if (cluster.Spec is { } spec && spec.Description.Length > MaxDescription)
        {
            violations.Add("spec.description", $"The description has {spec.Description.Length} characters; at most {MaxDescription} are allowed.");
        }
    }
}
