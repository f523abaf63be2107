using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Health;

/// <summary>
/// Judges an object by what it says itself. The order is that of kstatus: deletion, unobserved generation, Reconciling and
/// Stalled, the kind's own rule, a Ready condition, else current. Where kstatus is lenient (a Failed Pod, a running Job),
/// the stricter rule of Argo CD stands.
/// </summary>
public static class HealthRules
{
    public static ObjectHealth Compute(KubeObject o, DateTimeOffset now)
    {
        if (o.DeletionTimestamp is { } since) return Terminating(o, since, now);
        if (o.IsTerminating) return new(HealthState.Terminating, "it is being deleted");
        var status = o.Status;
        if (status.Number("observedGeneration") is { } observed && o.Generation is { } generation && observed != generation)
        {
            return ObjectHealth.Progressing($"its controller has seen generation {observed} of {generation}");
        }
        var conditions = Conditions.Of(o);
        if (conditions.Find("Reconciling") is { IsTrue: true } reconciling) return ObjectHealth.Progressing(reconciling.Words);
        if (conditions.Find("Stalled") is { IsTrue: true } stalled) return ObjectHealth.Failed(stalled.Words);
        return ByKind(o, conditions, now) ?? ConditionHealth.Compute(conditions);
    }

    private static ObjectHealth? ByKind(KubeObject o, Conditions conditions, DateTimeOffset now) => (o.Group, o.Kind) switch
    {
        ("apps", "Deployment") => WorkloadHealth.Deployment(o, conditions),
        ("apps", "StatefulSet") => WorkloadHealth.StatefulSet(o),
        ("apps", "DaemonSet") => WorkloadHealth.DaemonSet(o),
        ("apps", "ReplicaSet") or ("", "ReplicationController") => WorkloadHealth.ReplicaSet(o, conditions),
        ("batch", "Job") => JobHealth.Job(o, conditions),
        ("batch", "CronJob") => JobHealth.CronJob(o),
        ("", "Pod") => PodHealth.Compute(o, conditions, now),
        ("", "PersistentVolumeClaim") => OtherHealth.Claim(o),
        ("", "PersistentVolume") => OtherHealth.Volume(o),
        ("", "Service") => OtherHealth.Service(o, now),
        ("networking.k8s.io" or "extensions", "Ingress") => OtherHealth.Ingress(o, now),
        ("", "Namespace") => OtherHealth.Namespace(o),
        ("autoscaling", "HorizontalPodAutoscaler") => OtherHealth.Autoscaler(conditions),
        ("policy", "PodDisruptionBudget") => OtherHealth.DisruptionBudget(conditions),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => OtherHealth.Definition(conditions),
        ("apiregistration.k8s.io", "APIService") => OtherHealth.ApiService(conditions),
        // Configuration has no health; a ConfigMap with a field called status is still one.
        ("", "ConfigMap" or "Secret" or "ServiceAccount") or ("rbac.authorization.k8s.io", _) => ObjectHealth.Current,
        _ => null,
    };

    private static ObjectHealth Terminating(KubeObject o, DateTimeOffset since, DateTimeOffset now)
    {
        var age = Math.Max(0, (long)(now - since).TotalSeconds);
        return new(HealthState.Terminating, o.Finalizers.Count == 0
            ? $"it is being deleted since {age} s"
            : $"it is being deleted since {age} s, held by the finalizer {string.Join(", ", o.Finalizers)}");
    }
}
