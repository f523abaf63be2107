using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Output;

/// <summary>What kubectl shows of a pod: above all the one word that sums up its containers.</summary>
internal static class PodColumns
{
    public static string Ready(JsonObject pod)
    {
        var total = (pod.Map("spec").List("containers") ?? []).Count + Sidecars(pod).Count();
        var ready = Statuses(pod, "containerStatuses").Count(s => s.Flag("ready") && s.Map("state").Map("running") is not null)
            + Statuses(pod, "initContainerStatuses").Count(s => Sidecars(pod).Contains(s.Text("name")) && s.Flag("ready"));
        return string.Create(CultureInfo.InvariantCulture, $"{ready}/{total}");
    }

    public static string Restarts(JsonObject pod, DateTimeOffset now)
    {
        var all = Statuses(pod, "containerStatuses").ToArray();
        var restarts = all.Sum(s => s.Whole("restartCount") ?? 0);
        var last = all.Select(s => s.Map("lastState").Map("terminated").Text("finishedAt")).Where(t => t is not null).Max(StringComparer.Ordinal);
        return restarts > 0 && DateTimeOffset.TryParse(last, CultureInfo.InvariantCulture, out var time)
            ? $"{restarts} ({HumanDuration.Of(now - time)} ago)"
            : restarts.ToString(CultureInfo.InvariantCulture);
    }

    public static string Status(JsonObject pod)
    {
        var status = pod.Map("status");
        var reason = status.Text("reason") is { Length: > 0 } given ? given : status.Text("phase") ?? "";
        foreach (var condition in (status.List("conditions") ?? []).OfType<JsonObject>())
        {
            if (condition.Text("type") == "PodScheduled" && condition.Text("reason") == "SchedulingGated")
            {
                reason = "SchedulingGated";
            }
        }

        var (initializing, initReason) = Initializing(pod);
        if (initializing)
        {
            reason = initReason;
        }
        else
        {
            reason = FromContainers(pod, reason);
        }

        if (pod.Map("metadata")!.ContainsKey("deletionTimestamp"))
        {
            return status.Text("reason") == "NodeLost" ? "Unknown" : reason is "Succeeded" or "Failed" or "Completed" ? reason : "Terminating";
        }

        return reason;
    }

    private static (bool Initializing, string Reason) Initializing(JsonObject pod)
    {
        var specs = (pod.Map("spec").List("initContainers") ?? []).Count;
        var index = 0;
        foreach (var container in Statuses(pod, "initContainerStatuses"))
        {
            var state = container.Map("state");
            if (state.Map("terminated") is { } terminated)
            {
                if ((terminated.Whole("exitCode") ?? 0) != 0)
                {
                    return (true, terminated.Text("reason") is { Length: > 0 } why ? $"Init:{why}" : $"Init:ExitCode:{terminated.Whole("exitCode")}");
                }
            }
            else if (!(Sidecars(pod).Contains(container.Text("name")) && container.Flag("started")))
            {
                return state.Map("waiting").Text("reason") is { Length: > 0 } waiting and not "PodInitializing"
                    ? (true, $"Init:{waiting}")
                    : (true, string.Create(CultureInfo.InvariantCulture, $"Init:{index}/{specs}"));
            }

            index++;
        }

        return (false, "");
    }

    private static string FromContainers(JsonObject pod, string reason)
    {
        var running = false;
        foreach (var container in Statuses(pod, "containerStatuses").Reverse())
        {
            var state = container.Map("state");
            if (state.Map("waiting").Text("reason") is { Length: > 0 } waiting)
            {
                reason = waiting;
            }
            else if (state.Map("terminated") is { } terminated)
            {
                reason = terminated.Text("reason") is { Length: > 0 } why ? why
                    : (terminated.Whole("signal") ?? 0) != 0 ? $"Signal:{terminated.Whole("signal")}"
                    : $"ExitCode:{terminated.Whole("exitCode") ?? 0}";
            }
            else if (container.Flag("ready") && state.Map("running") is not null)
            {
                running = true;
            }
        }

        if (reason == "Completed" && running)
        {
            var ready = (pod.Map("status").List("conditions") ?? []).OfType<JsonObject>().Any(c => c.Text("type") == "Ready" && c.Text("status") == "True");
            return ready ? "Running" : "NotReady";
        }

        return reason;
    }

    private static IEnumerable<string?> Sidecars(JsonObject pod) =>
        (pod.Map("spec").List("initContainers") ?? []).OfType<JsonObject>().Where(c => c.Text("restartPolicy") == "Always").Select(c => c.Text("name"));

    private static IEnumerable<JsonObject> Statuses(JsonObject pod, string list) => (pod.Map("status").List(list) ?? []).OfType<JsonObject>();
}
