namespace Fleet.Agent.Core.Plan;

/// <summary>The steps of an apply, in order; a prune goes through them backwards.</summary>
public enum Stage
{
    Namespaces,
    /// <summary>CRDs.</summary>
    Definitions,
    /// <summary>ClusterRoles and the like: what needs nothing and others refer to.</summary>
    ClusterDefinitions,
    /// <summary>Classes, quotas, accounts, roles, configuration.</summary>
    Foundations,
    /// <summary>Workloads and the rest.</summary>
    Workloads,
    /// <summary>Webhooks and policies: once they stand, they judge every later write.</summary>
    Admission,
}

/// <summary>What must hold before a stage begins.</summary>
public enum StageGate
{
    None,
    /// <summary>The Plan's CRDs are established, and served by discovery.</summary>
    DefinitionsEstablished,
    /// <summary>What stands behind the Plan's webhooks is available (<see cref="AdmissionBackends"/>).</summary>
    BackendsAvailable,
}

/// <summary>Which stage a kind belongs to, and its rank in it.</summary>
public static class InstallOrder
{
    /// <summary>Helm's order, which users know; what is not listed comes after the workloads and before APIServices.</summary>
    private static readonly string[] Usual =
    [
        "PriorityClass", "RuntimeClass", "StorageClass", "VolumeSnapshotClass", "CSIDriver", "CSINode", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy",
        "PodDisruptionBudget", "ServiceAccount", "Secret", "ConfigMap", "PersistentVolume", "PersistentVolumeClaim",
        "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "IngressClass", "GatewayClass",
        "Service", "DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment", "HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob", "Ingress",
    ];

    private static readonly Dictionary<string, int> Ranks = Usual.Select((kind, i) => (kind, i)).ToDictionary(p => p.kind, p => p.i, StringComparer.Ordinal);
    private static readonly int LastFoundation = Ranks["GatewayClass"];

    public static Stage StageOf(string group, string kind) => (group, kind) switch
    {
        ("", "Namespace") => Stage.Namespaces,
        ("apiextensions.k8s.io", "CustomResourceDefinition") => Stage.Definitions,
        ("rbac.authorization.k8s.io", "ClusterRole") => Stage.ClusterDefinitions,
        ("admissionregistration.k8s.io", _) => Stage.Admission,
        _ when IsBuiltIn(group) && Ranks.TryGetValue(kind, out var rank) && rank <= LastFoundation => Stage.Foundations,
        _ when kind.EndsWith("Class", StringComparison.Ordinal) => Stage.Foundations,
        _ => Stage.Workloads,
    };

    public static StageGate GateOf(Stage stage) => stage switch
    {
        Stage.Foundations => StageGate.DefinitionsEstablished,
        Stage.Admission => StageGate.BackendsAvailable,
        Stage.Namespaces or Stage.Definitions or Stage.ClusterDefinitions or Stage.Workloads => StageGate.None,
        _ => StageGate.None,
    };

    public static int RankOf(string group, string kind)
    {
        if (group == "apiregistration.k8s.io") return Usual.Length + 2;
        return IsBuiltIn(group) && Ranks.TryGetValue(kind, out var rank) ? rank : Usual.Length + 1;
    }

    /// <summary>One total order over objects, so that a Plan is the same each time.</summary>
    public static int Compare(Objects.ObjectKey a, Objects.ObjectKey b)
    {
        var c = StageOf(a.Group, a.Kind).CompareTo(StageOf(b.Group, b.Kind));
        if (c == 0) c = RankOf(a.Group, a.Kind).CompareTo(RankOf(b.Group, b.Kind));
        return c != 0 ? c : a.CompareTo(b);
    }

    /// <summary>A Knative Service is no Service.</summary>
    private static bool IsBuiltIn(string group) => group is "" or "apps" or "batch" or "policy" or "autoscaling" or "extensions" || group.EndsWith(".k8s.io", StringComparison.Ordinal);
}
