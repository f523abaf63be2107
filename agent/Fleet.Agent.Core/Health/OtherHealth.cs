using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Health;

/// <summary>Storage, networking, scaling and API kinds, a rule each.</summary>
internal static class OtherHealth
{
    /// <summary>How long an address is waited for; where nothing hands any out, waiting for ever would block for ever.</summary>
    private static readonly TimeSpan AddressLimit = TimeSpan.FromMinutes(2);

    public static ObjectHealth Claim(KubeObject o) => o.Status.Text("phase") switch
    {
        "Bound" => ObjectHealth.Current,
        "Lost" => ObjectHealth.Failed("its volume is lost"),
        var phase => ObjectHealth.Progressing($"the claim is {phase ?? "not seen yet"}: it waits for a volume, or for its first pod"),
    };

    public static ObjectHealth Volume(KubeObject o) => o.Status.Text("phase") switch
    {
        "Failed" => ObjectHealth.Failed(o.Status.Text("message") ?? "its reclamation has failed"),
        "Pending" => ObjectHealth.Progressing("the volume is pending"),
        _ => ObjectHealth.Current,
    };

    public static ObjectHealth Service(KubeObject o, DateTimeOffset now)
    {
        if (o.Spec.Text("type") != "LoadBalancer") return ObjectHealth.Current;
        return o.Status.Map("loadBalancer").List("ingress") is { Count: > 0 } ? ObjectHealth.Current : Address(o, now, "load balancer");
    }

    public static ObjectHealth Ingress(KubeObject o, DateTimeOffset now) =>
        o.Status.Map("loadBalancer").List("ingress") is { Count: > 0 } ? ObjectHealth.Current : Address(o, now, "ingress controller");

    public static ObjectHealth Namespace(KubeObject o) =>
        o.Status.Text("phase") == "Terminating" ? new(HealthState.Terminating, "the namespace is being deleted") : ObjectHealth.Current;

    public static ObjectHealth Autoscaler(Conditions conditions)
    {
        foreach (var condition in conditions.All)
        {
            if (!condition.IsFalse) continue;
            if (condition.Reason is "FailedGetScale" or "FailedUpdateScale" or "FailedGetResourceMetric" or "InvalidSelector" or "InvalidMetricSourceType"
                || condition.Reason.StartsWith("FailedGet", StringComparison.Ordinal)) return ObjectHealth.Failed(condition.Words);
        }
        return conditions.Find("AbleToScale") is { IsFalse: true } unable ? ObjectHealth.Progressing(unable.Words) : ObjectHealth.Current;
    }

    /// <summary>InsufficientPods is the budget doing its work, and the workload's own health tells the rest.</summary>
    public static ObjectHealth DisruptionBudget(Conditions conditions) =>
        conditions.Find("DisruptionAllowed") is { IsFalse: true, Reason: not "InsufficientPods" } wrong ? ObjectHealth.Failed(wrong.Words) : ObjectHealth.Current;

    public static ObjectHealth Definition(Conditions conditions)
    {
        if (conditions.Find("NamesAccepted") is { IsFalse: true } names) return ObjectHealth.Failed(names.Words);
        return conditions.Find("Established") switch
        {
            { IsTrue: true } => ObjectHealth.Current,
            { IsFalse: true, Reason: not "Installing" } refused => ObjectHealth.Failed(refused.Words),
            var waiting => ObjectHealth.Progressing(waiting?.Words ?? "the definition is not established yet"),
        };
    }

    public static ObjectHealth ApiService(Conditions conditions) => conditions.Find("Available") switch
    {
        { IsTrue: true } => ObjectHealth.Current,
        { IsFalse: true } down => ObjectHealth.Progressing(down.Words),
        _ => ObjectHealth.Progressing("the API is not available yet"),
    };

    private static ObjectHealth Address(KubeObject o, DateTimeOffset now, string giver)
    {
        var since = o.CreationTimestamp ?? now;
        var until = since + AddressLimit;
        return now >= until
            ? ObjectHealth.Note($"no address after {AddressLimit.TotalMinutes:0} min: is there a {giver} in this cluster?")
            : ObjectHealth.Progressing($"it waits for an address from the {giver}") with { LookAgainAt = until };
    }
}
