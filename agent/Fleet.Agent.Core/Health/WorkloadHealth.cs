using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Health;

/// <summary>Controllers of Pods.</summary>
internal static class WorkloadHealth
{
    public static ObjectHealth Deployment(KubeObject o, Conditions conditions)
    {
        if (o.Spec.Flag("paused") == true) return ObjectHealth.Suspended("its rollout is paused");
        var progressing = conditions.Find("Progressing");
        if (progressing is { Reason: "ProgressDeadlineExceeded" }) return ObjectHealth.Failed(progressing.Words);
        var status = o.Status;
        var wanted = o.Spec.Number("replicas") ?? 1;
        var updated = Count(status, "updatedReplicas");
        if (status is null || (o.Generation is not null && status.Number("observedGeneration") is null)) return ObjectHealth.Progressing("its controller has not seen it yet");
        if (wanted > Count(status, "replicas")) return Pods("created", Count(status, "replicas"), wanted);
        if (wanted > updated) return Pods("updated", updated, wanted);
        if (Count(status, "replicas") > wanted) return ObjectHealth.Progressing($"{Count(status, "replicas") - wanted} old pods are to go");
        if (updated > Count(status, "availableReplicas")) return Pods("available", Count(status, "availableReplicas"), wanted, conditions.Find("ReplicaFailure"));
        if (wanted > Count(status, "readyReplicas")) return Pods("ready", Count(status, "readyReplicas"), wanted);
        // Without a deadline the condition is never written.
        var deadline = o.Spec.Number("progressDeadlineSeconds");
        if (deadline is not null and not int.MaxValue && progressing is not { IsTrue: true, Reason: "NewReplicaSetAvailable" })
        {
            return ObjectHealth.Progressing(progressing?.Words ?? "its rollout has not been confirmed yet");
        }
        return conditions.Find("Available") is { IsTrue: false } unavailable ? ObjectHealth.Progressing(unavailable.Words) : ObjectHealth.Current;
    }

    public static ObjectHealth StatefulSet(KubeObject o)
    {
        var status = o.Status;
        var wanted = o.Spec.Number("replicas") ?? 1;
        var strategy = o.Spec.Map("updateStrategy");
        if (status is null) return ObjectHealth.Progressing("its controller has not seen it yet");
        if (wanted > Count(status, "replicas")) return Pods("created", Count(status, "replicas"), wanted);
        if (wanted > Count(status, "readyReplicas")) return Pods("ready", Count(status, "readyReplicas"), wanted);
        if (Count(status, "replicas") > wanted) return ObjectHealth.Progressing($"{Count(status, "replicas") - wanted} pods are to go");
        // OnDelete: whoever deletes the Pods decides when the new revision comes.
        if (strategy.Text("type") == "OnDelete") return ObjectHealth.Current;
        if (strategy.Map("rollingUpdate").Number("partition") is > 0 and var partition)
        {
            var due = Math.Max(0, wanted - partition);
            return Count(status, "updatedReplicas") < due ? Pods("updated", Count(status, "updatedReplicas"), due) : ObjectHealth.Current;
        }
        if (status.Text("updateRevision") is { Length: > 0 } next && status.Text("currentRevision") != next)
        {
            return Pods("updated", Count(status, "updatedReplicas"), wanted);
        }
        return ObjectHealth.Current;
    }

    public static ObjectHealth DaemonSet(KubeObject o)
    {
        var status = o.Status;
        if (status?.Number("observedGeneration") is null || status.Number("desiredNumberScheduled") is null) return ObjectHealth.Progressing("its controller has not seen it yet");
        var wanted = Count(status, "desiredNumberScheduled");
        if (wanted > Count(status, "currentNumberScheduled")) return Pods("scheduled", Count(status, "currentNumberScheduled"), wanted);
        if (o.Spec.Map("updateStrategy").Text("type") != "OnDelete" && wanted > Count(status, "updatedNumberScheduled")) return Pods("updated", Count(status, "updatedNumberScheduled"), wanted);
        if (wanted > Count(status, "numberAvailable")) return Pods("available", Count(status, "numberAvailable"), wanted);
        return wanted > Count(status, "numberReady") ? Pods("ready", Count(status, "numberReady"), wanted) : ObjectHealth.Current;
    }

    public static ObjectHealth ReplicaSet(KubeObject o, Conditions conditions)
    {
        var status = o.Status;
        var wanted = o.Spec.Number("replicas") ?? 1;
        if (conditions.Find("ReplicaFailure") is { IsTrue: true } failure) return ObjectHealth.Progressing(failure.Words);
        if (status is null) return ObjectHealth.Progressing("its controller has not seen it yet");
        if (wanted > Count(status, "fullyLabeledReplicas")) return Pods("labelled", Count(status, "fullyLabeledReplicas"), wanted);
        if (wanted > Count(status, "availableReplicas")) return Pods("available", Count(status, "availableReplicas"), wanted);
        if (wanted > Count(status, "readyReplicas")) return Pods("ready", Count(status, "readyReplicas"), wanted);
        return Count(status, "replicas") > wanted ? ObjectHealth.Progressing($"{Count(status, "replicas") - wanted} pods are to go") : ObjectHealth.Current;
    }

    private static long Count(JsonObject? status, string field) => status.Number(field) ?? 0;

    private static ObjectHealth Pods(string what, long have, long want, Condition? why = null) =>
        ObjectHealth.Progressing($"{have} of {want} pods {what}{(why is { IsTrue: true } ? $" ({why.Words})" : "")}");
}
