using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Health;

/// <summary>A Pod on its own.</summary>
internal static class PodHealth
{
    private static readonly TimeSpan UnschedulableLimit = TimeSpan.FromSeconds(15);

    public static ObjectHealth Compute(KubeObject o, Conditions conditions, DateTimeOffset now)
    {
        var phase = o.Status.Text("phase") ?? "";
        if (phase == "Succeeded") return ObjectHealth.Current;
        if (phase == "Failed") return ObjectHealth.Failed(o.Status.Text("message") ?? o.Status.Text("reason") ?? Exit(o) ?? "the pod has failed");
        if (Stuck(o) is { } stuck) return ObjectHealth.Failed(stuck);
        if (conditions.Find("PodScheduled") is { IsFalse: true, Reason: "Unschedulable" } unschedulable) return Unschedulable(o, unschedulable, now);
        if (phase == "Running" && conditions.Find("Ready") is { IsTrue: true }) return ObjectHealth.Current;
        // A pod that runs to an end (a hook, a test) is never "ready" in the sense of a server.
        return ObjectHealth.Progressing(conditions.Find("Ready") is { IsFalse: true } ready ? ready.Words : phase.Length == 0 ? "the pod has not been seen yet" : $"the pod is {phase}");
    }

    private static ObjectHealth Unschedulable(KubeObject o, Condition unschedulable, DateTimeOffset now)
    {
        var since = unschedulable.Since ?? o.CreationTimestamp ?? now;
        return now - since > UnschedulableLimit
            ? ObjectHealth.Failed(unschedulable.Words)
            : ObjectHealth.Progressing(unschedulable.Words) with { LookAgainAt = since + UnschedulableLimit + TimeSpan.FromSeconds(1) };
    }

    private static string? Stuck(KubeObject o) => Containers(o)
        .Select(c => (Name: c.Text("name") ?? "", Waiting: c.Map("state").Map("waiting")))
        .Where(c => IsBad(c.Waiting.Text("reason") ?? ""))
        .Select(c => $"container {c.Name}: {c.Waiting.Text("reason")}{(c.Waiting.Text("message") is { Length: > 0 } m ? ": " + Cut(m) : "")}")
        .FirstOrDefault();

    private static string? Exit(KubeObject o) => Containers(o)
        .Select(c => (Name: c.Text("name") ?? "", Code: c.Map("state").Map("terminated").Number("exitCode")))
        .Where(c => c.Code is > 0)
        .Select(c => $"container {c.Name} ended with exit code {c.Code}")
        .FirstOrDefault();

    /// <summary>CrashLoopBackOff, ImagePullBackOff, ErrImagePull, CreateContainerConfigError, InvalidImageName and their like.</summary>
    private static bool IsBad(string reason) =>
        reason.StartsWith("Err", StringComparison.Ordinal) || reason.EndsWith("Error", StringComparison.Ordinal)
        || reason.EndsWith("BackOff", StringComparison.Ordinal) || reason == "InvalidImageName";

    private static IEnumerable<JsonObject> Containers(KubeObject o) =>
        o.Status.List("initContainerStatuses").Objects().Concat(o.Status.List("containerStatuses").Objects());

    private static string Cut(string s) => s.Length <= 200 ? s : s[..200] + "…";
}
