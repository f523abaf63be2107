using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Simulation;

/// <summary>Counts each pod of a Job once: a finalizer keeps the pod until its end is in the Job's status.</summary>
internal sealed class JobTracking(ControllerContext context)
{
    public const string Finalizer = "batch.kubernetes.io/job-tracking";

    public static bool Holds(JsonObject pod) => ObjectMetadata.Finalizers(pod.Map("metadata")!).Contains(Finalizer);

    /// <summary>
    /// Takes the pods that have ended into the status: first by uid as uncounted, then, once they are let go, as numbers. Whatever
    /// interrupts it, the next run goes on from what the status says.
    /// </summary>
    public (long Succeeded, long Failed) Account(string ns, JsonObject job, IReadOnlyList<JsonObject> pods)
    {
        var status = job.Map("status");
        var (succeeded, failed) = (Uncounted(status, "succeeded"), Uncounted(status, "failed"));
        var ended = pods.Where(p => Holds(p) && HasEnded(p)).ToArray();
        foreach (var pod in ended)
        {
            (pod.Map("status").Text("phase") == "Succeeded" ? succeeded : failed).Add(pod.Map("metadata").Text("uid")!);
        }

        var (counted, uncountedFailed) = (status.Whole("succeeded") ?? 0, status.Whole("failed") ?? 0);
        if (succeeded.Count + failed.Count == 0)
        {
            return (counted, uncountedFailed);
        }

        var name = job.Map("metadata").Text("name")!;
        context.ChangeStatus(KnownKinds.Jobs, ns, name, live =>
        {
            var uncounted = live.MapOrNew("status").MapOrNew("uncountedTerminatedPods");
            Set(uncounted, "succeeded", succeeded);
            Set(uncounted, "failed", failed);
        });
        foreach (var pod in ended)
        {
            Release(pod);
        }

        var (total, totalFailed) = (counted + succeeded.Count, uncountedFailed + failed.Count);
        context.ChangeStatus(KnownKinds.Jobs, ns, name, live =>
        {
            var after = live.MapOrNew("status");
            after["uncountedTerminatedPods"] = new JsonObject();
            after.Count("succeeded", total);
            after.Count("failed", totalFailed);
        });
        return (total, totalFailed);
    }

    /// <summary>Lets a pod go that no Job waits for any more.</summary>
    public void Release(JsonObject pod) =>
        context.Change(KnownKinds.Pods, pod.Map("metadata").Text("namespace")!, pod.Map("metadata").Text("name")!, live =>
        {
            var metadata = live.MapOrNew("metadata");
            if (metadata.Text("uid") == pod.Map("metadata").Text("uid"))
            {
                ObjectMetadata.SetFinalizers(metadata, [.. ObjectMetadata.Finalizers(metadata).Where(f => f != Finalizer)]);
            }
        });

    /// <summary>A pod that is deleted before its end has failed: it may never come to say so.</summary>
    private static bool HasEnded(JsonObject pod) =>
        pod.Map("status").Text("phase") is "Succeeded" or "Failed" || pod.Map("metadata")!.ContainsKey("deletionTimestamp");

    private static HashSet<string> Uncounted(JsonObject? status, string outcome) =>
        [.. (status.Map("uncountedTerminatedPods").List(outcome) ?? []).Select(u => Json.TextOf(u) ?? "")];

    private static void Set(JsonObject uncounted, string outcome, HashSet<string> uids)
    {
        uncounted.Remove(outcome);
        if (uids.Count > 0)
        {
            uncounted[outcome] = new JsonArray([.. uids.Select(u => (JsonNode)u)]);
        }
    }
}
