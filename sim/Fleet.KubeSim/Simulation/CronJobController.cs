using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Simulation;

/// <summary>Starts a Job each time that a CronJob's schedule says, and keeps as many of the finished ones as it wants.</summary>
internal sealed class CronJobController(ControllerContext context) : SimulationController(context)
{
    /// <summary>As the real controller, a little after the time, so that the time has surely come.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(100);

    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change) =>
        Itself(change, KnownKinds.CronJobs).Concat(Owners(change, KnownKinds.Jobs, "CronJob"));

    public override TimeSpan? Reconcile(string ns, string name)
    {
        if (Context.Get(KnownKinds.CronJobs, ns, name) is not { } cron)
        {
            return null;
        }

        var jobs = Context.Owned(KnownKinds.Jobs, ns, cron.Map("metadata").Text("uid")!).Select(j => j.ToJson()).ToList();
        var status = (JsonObject?)cron.Map("status")?.DeepClone() ?? [];
        CronJobStatus.Update(status, jobs);
        var again = cron.Map("metadata")!.ContainsKey("deletionTimestamp") ? null : Schedule(ns, name, cron, status);
        foreach (var old in CronJobStatus.BeyondHistory(cron.Map("spec")!, jobs))
        {
            Delete(ns, old.Map("metadata").Text("name")!);
        }

        Context.ChangeStatus(KnownKinds.CronJobs, ns, name, live => live["status"] = status);
        return again;
    }

    private TimeSpan? Schedule(string ns, string name, JsonObject cron, JsonObject status)
    {
        var spec = cron.Map("spec")!;
        if (spec.Flag("suspend") || CronTimes.Read(spec.Text("schedule") ?? "", spec.Text("timeZone")) is not { } times)
        {
            return null;
        }

        var now = Context.Time;
        var last = TimeOf(status.Text("lastScheduleTime"));
        var again = times.Next(now) - now + Slack;
        var lateAfter = spec.Whole("startingDeadlineSeconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null;
        var earliest = last ?? TimeOf(cron.Map("metadata").Text("creationTimestamp")) ?? now;
        if (lateAfter is { } window && now - window > earliest)
        {
            earliest = now - window;
        }

        if (Latest(times, earliest, now) is not { } due || (lateAfter is { } limit && due + limit < now) || due == last)
        {
            return again;
        }

        var active = status.List("active") ?? [];
        var jobName = $"{name}-{(due.ToUnixTimeSeconds() / 60).ToString(CultureInfo.InvariantCulture)}";
        if (active.OfType<JsonObject>().Any(a => a.Text("name") == jobName) || (spec.Text("concurrencyPolicy") == "Forbid" && active.Count > 0))
        {
            return again;
        }

        if (spec.Text("concurrencyPolicy") == "Replace")
        {
            foreach (var running in active.OfType<JsonObject>())
            {
                Delete(ns, running.Text("name")!);
            }

            status.Remove("active");
        }

        if (Start(ns, jobName, cron, due) is { } job)
        {
            CronJobStatus.AddActive(status, job);
            status["lastScheduleTime"] = ClusterState.Timestamp(due);
        }

        return again;
    }

    private JsonObject? Start(string ns, string jobName, JsonObject cron, DateTimeOffset due)
    {
        var spec = cron.Map("spec")!;
        var template = spec.Map("jobTemplate") ?? [];
        var metadata = new JsonObject { ["name"] = jobName };
        if (template.Map("metadata").Map("labels") is { Count: > 0 } labels)
        {
            metadata["labels"] = labels.DeepClone();
        }

        var annotations = (JsonObject?)template.Map("metadata").Map("annotations")?.DeepClone() ?? [];
        var local = TimeZoneInfo.ConvertTime(due, CronTimes.ZoneOf(spec.Text("timeZone")) ?? TimeZoneInfo.Utc);
        annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] = local.Offset == TimeSpan.Zero
            ? ClusterState.Timestamp(due)
            : local.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
        metadata["annotations"] = annotations;
        metadata["ownerReferences"] = new JsonArray(PodTemplates.Owner(cron));
        var created = Context.Create(KnownKinds.Jobs, ns, new JsonObject { ["metadata"] = metadata, ["spec"] = template.Map("spec")?.DeepClone() });

        // One of that name may be from an earlier run that did not come to the status; another's is left alone.
        var job = created?.Object ?? Context.Get(KnownKinds.Jobs, ns, jobName);
        return job is not null && (job.Map("metadata").List("ownerReferences") ?? []).OfType<JsonObject>().Any(o => o.Text("uid") == cron.Map("metadata").Text("uid"))
            ? job
            : null;
    }

    private void Delete(string ns, string name) =>
        Context.Delete(KnownKinds.Jobs, ns, name, new DeleteOptions { Propagation = Propagation.Background });

    /// <summary>The latest time of the schedule that has come; those missed before it are not made up for.</summary>
    private static DateTimeOffset? Latest(CronTimes times, DateTimeOffset earliest, DateTimeOffset now)
    {
        DateTimeOffset? latest = null;
        for (var time = times.Next(earliest); time is { } next && next <= now; time = times.Next(next))
        {
            latest = next;
        }

        return latest;
    }

    private static DateTimeOffset? TimeOf(string? text) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time : null;
}
