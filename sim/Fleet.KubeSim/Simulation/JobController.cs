using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Simulation;

/// <summary>Runs a Job's pods until enough of them have succeeded, and removes it when its time to live is over.</summary>
internal sealed class JobController(ControllerContext context) : SimulationController(context)
{
    private readonly JobTracking _tracking = new(context);

    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change) =>
        Itself(change, KnownKinds.Jobs).Concat(Owners(change, KnownKinds.Pods, "Job"));

    public override TimeSpan? Reconcile(string ns, string name)
    {
        if (Context.Get(KnownKinds.Jobs, ns, name) is not { } job)
        {
            return null;
        }

        var (ending, finished) = (job.Map("metadata")!.ContainsKey("deletionTimestamp"), Finished(job));
        var pods = Pods(ns, job);
        if (ending || finished is not null)
        {
            // What is counted no more is not held back either.
            foreach (var pod in pods.Where(JobTracking.Holds).Where(p => finished is not null || !PodTemplates.IsActive(p)))
            {
                _tracking.Release(pod);
            }

            return ending ? null : Expire(ns, name, job, finished!.Value);
        }

        var spec = job.Map("spec")!;
        var (succeeded, failed) = _tracking.Account(ns, job, pods);
        var active = pods.Where(PodTemplates.IsActive).ToList();
        var terminating = pods.Count(p => p.Map("metadata")!.ContainsKey("deletionTimestamp") && p.Map("status").Text("phase") is not ("Succeeded" or "Failed"));
        var parallelism = spec.Whole("parallelism") ?? 1;
        var completions = spec.Whole("completions");
        var wanted = spec.Flag("suspend") ? 0 : completions is { } all ? Math.Min(parallelism, all - succeeded) : succeeded > 0 ? active.Count : parallelism;
        var deadline = Deadline(job, spec);
        var late = deadline is { } end && Context.Time >= end;
        if (late || failed > (spec.Whole("backoffLimit") ?? 6))
        {
            foreach (var pod in active)
            {
                Context.Delete(KnownKinds.Pods, ns, pod.Map("metadata").Text("name")!);
            }

            (_, failed) = _tracking.Account(ns, Context.Get(KnownKinds.Jobs, ns, name) ?? job, Pods(ns, job));
            Fail(ns, name, failed, late);
            return null;
        }

        // Newest first, pods beyond what is wanted (a suspended Job wants none) go.
        foreach (var extra in active.OrderBy(PodTemplates.IsReady).ThenByDescending(p => p.Map("metadata").Text("creationTimestamp"), StringComparer.Ordinal)
            .Take((int)Math.Max(active.Count - Math.Max(wanted, 0), 0)).ToArray())
        {
            active.Remove(extra);
            Context.Delete(KnownKinds.Pods, ns, extra.Map("metadata").Text("name")!);
        }

        for (var i = active.Count; i < wanted; i++)
        {
            var template = PodTemplates.Pod(job, spec.Map("template") ?? [], null, $"{name}-");
            template.MapOrNew("metadata")["finalizers"] = new JsonArray(JobTracking.Finalizer);
            if (Context.Create(KnownKinds.Pods, ns, template) is { } pod)
            {
                active.Add(pod.Object);
            }
        }

        Report(ns, name, spec, active, succeeded, failed, terminating, completions is { } needed ? succeeded >= needed : succeeded > 0 && active.Count == 0);
        return deadline - Context.Time;
    }

    private List<JsonObject> Pods(string ns, JsonObject job) =>
        [.. Context.Owned(KnownKinds.Pods, ns, job.Map("metadata").Text("uid")!).Select(p => p.ToJson())];

    private void Report(string ns, string name, JsonObject spec, List<JsonObject> active, long succeeded, long failed, int terminating, bool complete) =>
        Context.ChangeStatus(KnownKinds.Jobs, ns, name, live =>
        {
            var status = live.MapOrNew("status");
            if (!status.ContainsKey("startTime") && !spec.Flag("suspend"))
            {
                status["startTime"] = Context.Now;
            }

            status.Count("active", active.Count);
            status["ready"] = active.Count(PodTemplates.IsReady);
            status.Count("succeeded", succeeded);
            status.Count("failed", failed);
            status["terminating"] = terminating;
            status["uncountedTerminatedPods"] = new JsonObject();
            if (spec.Flag("suspend"))
            {
                status.Remove("startTime");
                Set(status, "Suspended", true, "JobSuspended", "Job suspended");
            }
            else if (Conditions.Find(status, "Suspended").Text("status") == "True")
            {
                status["startTime"] = Context.Now;
                Set(status, "Suspended", false, "JobResumed", "Job resumed");
            }

            if (complete)
            {
                Set(status, "SuccessCriteriaMet", true, "CompletionsReached", "Reached expected number of succeeded pods");
                Set(status, "Complete", true, "CompletionsReached", "Reached expected number of succeeded pods");
                status["completionTime"] = Context.Now;
            }
        });

    private void Fail(string ns, string name, long failed, bool late) =>
        Context.ChangeStatus(KnownKinds.Jobs, ns, name, live =>
        {
            var status = live.MapOrNew("status");
            status.Remove("active");
            status["ready"] = 0;
            status.Count("failed", failed);
            var (reason, message) = late
                ? ("DeadlineExceeded", "Job was active longer than specified deadline")
                : ("BackoffLimitExceeded", "Job has reached the specified backoff limit");
            Set(status, "FailureTarget", true, reason, message);
            Set(status, "Failed", true, reason, message);
        });

    private void Set(JsonObject status, string type, bool value, string reason, string message) =>
        Conditions.Set(status, type, value, reason, message, Context.Now, null, "lastProbeTime");

    private TimeSpan? Expire(string ns, string name, JsonObject job, DateTimeOffset finished)
    {
        if (job.Map("spec").Whole("ttlSecondsAfterFinished") is not { } seconds)
        {
            return null;
        }

        var left = finished.AddSeconds(seconds) - Context.Time;
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        Context.Delete(KnownKinds.Jobs, ns, name);
        return null;
    }

    private static DateTimeOffset? Finished(JsonObject job)
    {
        var status = job.Map("status");
        var ended = status is null ? null : Conditions.Find(status, "Complete") ?? Conditions.Find(status, "Failed");
        return ended.Text("status") == "True" && DateTimeOffset.TryParse(ended.Text("lastTransitionTime"), CultureInfo.InvariantCulture, out var time) ? time : null;
    }

    private static DateTimeOffset? Deadline(JsonObject job, JsonObject spec) =>
        spec.Whole("activeDeadlineSeconds") is { } seconds && DateTimeOffset.TryParse(job.Map("status").Text("startTime"), CultureInfo.InvariantCulture, out var start)
            ? start.AddSeconds(seconds)
            : null;
}
