using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Health;

/// <summary>Jobs and CronJobs.</summary>
public static class JobHealth
{
    /// <summary>True when it ran to its end, well or not: it is not run again for the same manifest.</summary>
    public static bool IsDone(KubeObject job) =>
        job is { Group: "batch", Kind: "Job" } && Conditions.Of(job) is var c && (c.Find("Complete") is { IsTrue: true } || c.Find("Failed") is { IsTrue: true });

    internal static ObjectHealth Job(KubeObject o, Conditions conditions)
    {
        if (conditions.Find("Failed") is { IsTrue: true } failed) return ObjectHealth.Failed(failed.Words);
        if (conditions.Find("Complete") is { IsTrue: true }) return ObjectHealth.Current;
        if (conditions.Find("FailureTarget") is { IsTrue: true } failing) return ObjectHealth.Progressing(failing.Words);
        if (o.Spec.Flag("suspend") == true) return ObjectHealth.Suspended("the Job is suspended");
        if (o.Status.Text("startTime") is null) return ObjectHealth.Progressing("the Job has not started");
        return ObjectHealth.Progressing($"{o.Status.Number("active") ?? 0} pods running, {o.Status.Number("succeeded") ?? 0} of {o.Spec.Number("completions") ?? 1} done, {o.Status.Number("failed") ?? 0} failed");
    }

    internal static ObjectHealth CronJob(KubeObject o) =>
        o.Spec.Flag("suspend") == true ? ObjectHealth.Suspended("the CronJob is suspended") : ObjectHealth.Current;
}
